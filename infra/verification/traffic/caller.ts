import type { Answer, Call } from "../../testing/call.ts";
import { explain, explainUnknown, type Events } from "./model.ts";
import { perform, resolve, type Drawn, type Operation } from "./operations.ts";

/** The only caller that changes its events, so it knows what the API must hold. */
export function makeCaller(call: Call, { isDisturbed = false } = {}) {
  let events: Events = new Map();
  /** Every ETag that each event ever had, across recreations, in order. */
  const seen = new Map<string, string[]>();
  const complaints: string[] = [];

  const get = async (id: string): Promise<Answer> => {
    const answer = await call(`GET /events/${id}`);
    return answer.status === 503 ? get(id) : answer;
  };

  return {
    complaints,
    act: async (drawn: Operation<Drawn>) => {
      const operation = resolve(drawn, seen);
      const answer = await perform(call, operation);
      const isUnknown = answer.status === 503;
      const got = isUnknown && "id" in operation ? await get(operation.id) : answer;
      const after = isUnknown
        ? explainUnknown(events, operation, got)
        : explain(events, operation, answer, isDisturbed);
      if (!after) {
        const around = [...events].map(([, { event, etag }]) => ({ event, etag }));
        complaints.push(`${JSON.stringify([operation, answer, got])} with ${JSON.stringify(around)} stored`);
        return;
      }
      for (const [id, { etag }] of after) {
        if (events.get(id)?.etag === etag) continue;
        if ([...seen.values()].flat().includes(etag)) complaints.push(`The ETag ${etag} was used before.`);
        seen.set(id, [...(seen.get(id) ?? []), etag]);
      }
      events = after;
    },
  };
}
