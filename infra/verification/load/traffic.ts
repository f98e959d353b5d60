/** What a caller sends next. */
export interface Sent {
  method: string;
  path: string;
  body?: string;
}

/** The title of an event; undefined where there is no event. */
type Title = string | undefined;

interface Operation {
  does: "create" | "change" | "delete" | "get" | "list";
  id: string;
  title: string;
}

/** One caller's mix of requests, on events that nobody else touches: so it knows what must be there. */
export interface Traffic {
  ids: string[];
  next: () => Sent;
  /** `body` is text, empty where there is none. */
  answered: (status: number, body: string) => void;
  /** Asks for an event as it is now, and says what is wrong with it. */
  verify: (id: string, status: number, body: string) => void;
  /** What was answered as it must not be. */
  complaints: string[];
}

/** Traffic of the caller `name`, with as many events as it has ids. */
export function makeTraffic(name: string, ids: string[]): Traffic {
  /** What each event may be: one thing after an answer, more after a write whose outcome nobody said. */
  const possible = new Map<string, Set<Title>>(ids.map((id) => [id, new Set([undefined])]));
  const complaints: string[] = [];
  let count = 0;
  let current: Operation | undefined;

  const titlesOf = (id: string) => possible.get(id) ?? new Set<Title>();
  const may = ({ id, does }: Operation, titles: Title[], status: number) => {
    const left = titles.filter((title) => titlesOf(id).has(title));
    if (left.length === 0)
      complaints.push(
        `${does} ${id}: ${status}, though the event could only be ${[...titlesOf(id)].map(String).join(" or ")}`,
      );
    return left;
  };
  const existing = ({ id }: Operation) => [...titlesOf(id)].filter((title) => title !== undefined);

  /** What the event may be after an answer; undefined where the operation is never answered so. */
  const outcome = (operation: Operation, status: number, body: string): Title[] | undefined => {
    const { does, id, title } = operation;
    switch (`${does} ${status}`) {
      case "create 201":
        return may(operation, [undefined], status).length > 0 ? [title] : [];
      case "create 409":
        return may(operation, existing(operation), status);
      case "change 200":
        return may(operation, existing(operation), status).length > 0 ? [title] : [];
      case "delete 204": // of nothing too, when DynamoDB's answer was lost and the delete repeated
        return [undefined];
      case "get 200":
        return may(operation, [(JSON.parse(body) as { title: string }).title], status);
      case "change 404":
      case "delete 404":
      case "get 404":
        return may(operation, [undefined], status);
      case "create 503":
        return [...titlesOf(id), ...(titlesOf(id).has(undefined) ? [title] : [])];
      case "change 503":
        return [...titlesOf(id), ...(existing(operation).length > 0 ? [title] : [])];
      case "delete 503":
        return [...titlesOf(id), undefined];
      case "get 503":
      case "list 200":
        return [...titlesOf(id)];
      default:
        return undefined;
    }
  };
  const settle = (operation: Operation, status: number, body: string) => {
    const titles = outcome(operation, status, body);
    if (!titles) complaints.push(`${operation.does} ${operation.id}: ${status} ${body}`);
    else if (titles.length > 0) possible.set(operation.id, new Set(titles));
  };

  /** Without an answer, which was cut off, a write's outcome is as unknown as after a 503. */
  const interrupt = () => {
    if (current && current.does !== "list") settle(current, 503, "");
    current = undefined;
  };

  return {
    ids,
    complaints,
    next: () => {
      interrupt();
      const id = ids[count % ids.length] ?? "";
      current = {
        does: pick(existing({ does: "get", id, title: "" }).length > 0 ? mixWithEvent : mixWithout),
        id,
        title: `${name}, ${count++}`,
      };
      return toRequest(current, name);
    },
    answered: (status, body) => {
      if (current) settle(current, status, body);
      current = undefined;
    },
    verify: (id, status, body) => {
      interrupt();
      settle({ does: "get", id, title: "" }, status, body);
    },
  };
}

const mixWithEvent: Operation["does"][] = ["get", "get", "get", "change", "change", "list", "delete"];
const mixWithout: Operation["does"][] = ["create", "create", "create", "get", "list", "delete"];

export function pick<Value>(values: readonly [Value, ...Value[]] | Value[]): Value {
  return values[Math.floor(Math.random() * values.length)] as Value;
}

function toRequest({ does, id, title }: Operation, organizer: string): Sent {
  switch (does) {
    case "create":
      return {
        method: "POST",
        path: "/events",
        body: JSON.stringify({ id, title, organizer, payload: { text: "x".repeat(200) } }),
      };
    case "change":
      return { method: "PATCH", path: `/events/${id}`, body: JSON.stringify({ title }) };
    case "delete":
      return { method: "DELETE", path: `/events/${id}` };
    case "get":
      return { method: "GET", path: `/events/${id}` };
    case "list":
      return { method: "GET", path: `/events?organizer=${organizer}` };
  }
}
