import { join } from "node:path";
import { startGateway } from "../../local/gateway/gateway.ts";
import { callerOf } from "./aws.ts";
import { readDeployedApi, type DeployedApi } from "./deployed.ts";
import type { Gate } from "./gate/gate.ts";
import type { Names } from "./setting.ts";

/** An address for the API of a stage, which need not be deployed before the first request comes. */
export interface Front {
  origin: string;
  stop: () => Promise<void>;
}

/** Serves what is deployed when the first request comes, as serveDeployed does for what is deployed now. */
export async function startFront(gate: Gate, { project, stage, region }: Names, scratchPath: string): Promise<Front> {
  const read = callerOf(gate.url, region, gate.operator);
  let deployed: Promise<DeployedApi> | undefined;
  const api = () =>
    (deployed ??= readDeployedApi(`${project}-${stage}`, join(scratchPath, "zips"), { ...gate, read, region }));
  const gateway = await startGateway({
    stage,
    port: 0,
    routes: async () => (await api()).routes,
    log: () => undefined,
  });
  gate.handlers.invoke = async (call) => (await api()).invoke(call);
  return {
    origin: new URL(gateway.url).origin,
    async stop() {
      await gateway.stop();
      await gate.deliveries.settled();
      delete gate.handlers.invoke;
      await (await deployed?.catch(() => undefined))?.stop();
    },
  };
}
