import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { bundleFunctions, writeBundles } from "../../build/bundle.ts";
import { readFunctions, root, type FunctionFolder } from "../../build/functions.ts";
import { runInProcess, runInThread, type Invoked, type RunningFunction } from "./runner.ts";

export interface FunctionRoute {
  routeKey: string;
  scopes?: string[];
  invoke: (event: object) => Promise<unknown>;
}

export interface RunningFunctions {
  routes: () => Promise<FunctionRoute[]>;
  /** Throws what the function throws, or if there is no such function. */
  invoke: (name: string, event: object) => Promise<unknown>;
  stop: () => Promise<void>;
}

export interface Paths {
  functionsPath: string;
  distPath: string;
}

const repo: Paths = { functionsPath: join(root, "functions"), distPath: join(root, "dist") };

/** Adds their environment to this process's. */
export function runSources(environment: Record<string, string>) {
  return runHere(environment, ({ path }) => join(path, "handler.ts"));
}

export function runBundlesHere(environment: Record<string, string>) {
  return runHere(environment, ({ name }) => join(repo.distPath, name, "main.cjs"));
}

async function runHere(environment: Record<string, string>, pathOf: (folder: FunctionFolder) => string) {
  Object.assign(process.env, environment);
  const running = readFunctions(repo.functionsPath).map(async (folder) => ({
    ...folder,
    ...(await runInProcess(pathOf(folder), { ...folder, environment })),
  }));
  return serve(await Promise.all(running));
}

export function runBundles(environment: Record<string, string>, { functionsPath, distPath } = repo) {
  const running = readFunctions(functionsPath).map((folder) => ({
    ...folder,
    ...runInThread(join(distPath, folder.name, "index.mjs"), { ...folder, environment: { ...environment } }),
  }));
  return serve(running);
}

/**
 * Builds the bundles and runs them, and again at the first request after an edit: without a watcher, so no request gets
 * the old code. If the edit does not build, each request throws until the next edit.
 */
export async function runEditedBundles(environment: Record<string, string>, paths = repo): Promise<RunningFunctions> {
  const build = async () => {
    writeBundles(await bundleFunctions(paths.functionsPath), paths.distPath);
    return runBundles(environment, paths);
  };
  let last = fingerprint(paths.functionsPath);
  let current = build();
  await current;
  const latest = () => {
    const now = fingerprint(paths.functionsPath);
    if (now !== last) {
      last = now;
      const previous = current;
      current = previous.then(build, build); // sequential, because both write to the same folder
      void Promise.allSettled([previous, current]).then(([old]) => {
        if (old.status === "fulfilled") old.value.retire();
      });
    }
    return current;
  };
  return {
    routes: async () => (await latest()).routes(),
    invoke: async (name, event) => (await latest()).invoke(name, event),
    async stop() {
      const [ended] = await Promise.allSettled([current]);
      if (ended.status === "fulfilled") await ended.value.stop();
    },
  };
}

export function serve(running: (FunctionFolder & Invoked & Partial<RunningFunction>)[]) {
  const routes = running.flatMap(({ routes, scopes, invoke }) =>
    routes.map((routeKey) => ({ routeKey, scopes, invoke })),
  );
  return {
    routes: () => Promise.resolve(routes),
    invoke: async (name: string, event: object) => {
      const found = running.find((each) => each.name === name);
      if (!found) throw new Error(`There is no function ${name}: it would be the folder functions/${name}.`);
      return found.invoke(event);
    },
    retire: () => {
      for (const each of running) each.retire?.();
    },
    stop: async () => {
      await Promise.all(running.map(async (each) => each.stop?.()));
    },
  };
}

/**
 * Changes with the folders, and with every edit of a function.json or a file that goes into a bundle. Ignores editors'
 * own files (`.#x.ts`).
 */
function fingerprint(path: string): string {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() || /^(?!\.)(?!.*\.test\.ts$).*\.(ts|json)$/.test(entry.name))
    .map((entry) => {
      const name = join(entry.parentPath, entry.name);
      const file = statSync(name, { throwIfNoEntry: false });
      return file?.isFile() ? `${name} ${file.mtimeMs} ${file.size}` : name;
    })
    .sort()
    .join("\n");
}
