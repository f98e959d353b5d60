import { readFileSync } from "node:fs";
import { bundleFromString, createConfig } from "@redocly/openapi-core";
import { parse } from "yaml";
import { rules } from "../../../functions/_shared/event.ts";
import { readFunctions } from "../../build/functions.ts";
import { matchRoute } from "../../local/gateway/routes.ts";
import { document, documentPath, operations } from "../contract.ts";
import { callsOf, examples, isCall, readmes } from "./readme-examples.ts";

interface Declared {
  name: string;
  routes: string[];
}

const textOf = (name: string) => readmes.find(({ file }) => file === name)?.text ?? "";
const functions: Declared[] = readFunctions();
const parameters = "| parameter | of `GET /events` |";
/** The routes and statuses in the table under "The API" in README.md. */
export const rows = [...textOf("README.md").matchAll(/^\| (`[A-Z]+ \/.*?) \| (.*) \|$/gm)].map(
  ([, routes = "", answers = ""]) => ({
    routes: routes.replaceAll("`", "").split(", "),
    statuses: [...answers.matchAll(/\b[2-5]\d\d\b/g)].map(([status]) => status),
  }),
);

/** What differs between the functions' routes, functions/openapi.yaml and README.md: a sentence each, with the file to edit. */
export async function complaintsAboutRoutes(): Promise<string[]> {
  const inDocument = operations.map(({ routeKey }) => routeKey);
  const inReadme = rows.flatMap(({ routes }) => routes);
  return [
    ...routeComplaints(functions, inDocument, inReadme),
    ...(await componentComplaints(functions)),
    ...exampleComplaints(functions),
  ];
}

/** The same for the fields in functions/_shared/event.ts and functions/openapi.yaml. */
export function complaintsAboutFields(): string[] {
  const inFields = [...propertiesOf("Fields"), "payload"];
  const inChanges = "Changes" in document.components.schemas ? propertiesOf("Changes") : undefined; // not in a fork without updates
  return fieldComplaints(Object.keys(rules), inFields, inChanges);
}

/** One sentence for each missing or extra route in functions/openapi.yaml or the README's table. */
export function routeComplaints(declared: Declared[], inDocument: string[], inReadme: string[]): string[] {
  const routes = declared.flatMap(({ routes: own }) => own);
  const nameOf = (route: string) => declared.find((each) => each.routes.includes(route))?.name ?? "";
  const missingIn = (place: string[]) => routes.filter((route) => !place.includes(route));
  const tooMuchIn = (place: string[]) => place.filter((route) => !routes.includes(route));
  return [
    ...missingIn(inDocument).map(
      (route) => `functions/openapi.yaml: add ${route} to paths: functions/${nameOf(route)} answers it.`,
    ),
    ...missingIn(inReadme).map(
      (route) => `README.md: add ${route} to the table under "The API": functions/${nameOf(route)} answers it.`,
    ),
    ...tooMuchIn(inDocument).map((route) => `functions/openapi.yaml: remove ${route} from paths: no function has it.`),
    ...tooMuchIn(inReadme).map(
      (route) => `README.md: remove ${route} from the table under "The API": no function has it.`,
    ),
  ];
}

type Paths = Record<string, Record<string, unknown>>;
type Components = Record<string, Record<string, unknown>>;

/** One sentence for each component of functions/openapi.yaml that no function's route uses. */
async function componentComplaints(declared: Declared[]): Promise<string[]> {
  const routes = declared.flatMap(({ routes: own }) => own);
  const { paths, components, ...rest } = parse(readFileSync(documentPath, "utf8")) as {
    paths: Paths;
    components: Components;
  };
  const served = Object.entries(paths).map(([path, item]) => {
    const kept = Object.entries(item).filter(([method]) => routes.includes(`${method.toUpperCase()} ${path}`));
    return [path, Object.fromEntries(kept.length > 0 ? [...kept, ["parameters", item["parameters"]]] : [])] as const;
  });
  const { bundle } = await bundleFromString({
    source: JSON.stringify({ ...rest, paths: Object.fromEntries(served), components }),
    config: await createConfig({}),
    removeUnusedComponents: true,
  });
  const { components: used } = bundle.parsed as { components: Components };
  return Object.entries(components).flatMap(([kind, named]) =>
    Object.keys(named)
      .filter((name) => used[kind]?.[name] === undefined)
      .map((name) => `functions/openapi.yaml: remove ${name} from components/${kind}: no route uses it.`),
  );
}

/** One sentence for each text of the READMEs about deleted functions: "Posts" needs all of its functions. */
function exampleComplaints(declared: Declared[]): string[] {
  const isAnswered = ([method, path]: [string, string]) =>
    declared.some(({ routes }) => routes.some((route) => matchRoute(route, method, path)));
  const missing = ["create-upload-url", "get-image", "label-image"].find(
    (name) => !declared.some((each) => each.name === name),
  );
  const lacksPosts = missing !== undefined && examples.some(({ section }) => section === "Posts");
  return [
    ...(lacksPosts ? [`functions/README.md: remove the section "Posts": it needs functions/${missing}.`] : []),
    ...(textOf("functions/README.md").includes(parameters) && !isAnswered(["GET", "/events"])
      ? [`functions/README.md: remove the table "${parameters}": no function has this route.`]
      : []),
    ...examples
      .filter(({ section }) => !(lacksPosts && section === "Posts"))
      .flatMap(({ lines, section, file }) =>
        lines
          .filter((line) => isCall(line) && !callsOf(line).every(isAnswered))
          .map((line) => `${file}: remove from "${section}", with its answer in the block below: ${line}`),
      ),
  ];
}

/** One sentence for each field that is missing in one of the places. */
export function fieldComplaints(inRules: string[], inFields: string[], inChanges = inFields): string[] {
  const only = (those: string[], others: string[]) => those.filter((name) => !others.includes(name));
  return [
    ...only(inRules, inFields).map(
      (name) => `functions/openapi.yaml: add ${name} to Fields: functions/_shared/event.ts has it in rules.`,
    ),
    ...only([...inFields, ...inRules], inChanges)
      .filter((name, n, all) => all.indexOf(name) === n)
      .map((name) => `functions/openapi.yaml: add ${name} to Changes, and allow null, as for location.`),
    ...only(inFields, inRules).map(
      (name) => `functions/_shared/event.ts: add ${name} to rules: functions/openapi.yaml has it in Fields.`,
    ),
  ];
}

export function propertiesOf(schema: string): string[] {
  return Object.keys((document.components.schemas[schema] as { properties: object }).properties);
}
