import middy from "@middy/core";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { z } from "zod";
import { isDateOrDateTime, statuses } from "../../../../functions/_shared/event.ts";
import { uuidv7 } from "../../../../functions/_shared/event-body.ts";
import { Problem } from "../../../../functions/_shared/problem.ts";
import { getEvent, refusal, storeEvent, type Answer } from "./events.ts";

const text = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((value) => value.trim() !== "", "must not be blank");

const newEvent = z
  .strictObject({
    id: z
      .string()
      .regex(/^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}$/)
      .default(uuidv7),
    type: text(100).default("event"),
    title: text(200).optional(),
    description: text(1000).optional(),
    date: z.string().refine(isDateOrDateTime, "must be a date that exists").optional(),
    location: text(200).optional(),
    capacity: z.int().min(1).max(100_000).optional(),
    organizer: text(100).optional(),
    status: z.enum(statuses).default("active"),
    payload: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((event) => event.payload !== undefined || event.title !== undefined, "must have a payload or a title");

async function create(body: unknown): Promise<Answer> {
  const { success, data, error } = newEvent.safeParse(body);
  if (success) return storeEvent(data as Parameters<typeof storeEvent>[0]); // zod's optional fields may also be undefined
  const errors = error.issues.map(({ path, message }) => ({ pointer: `/${path.join("/")}`, detail: message }));
  return refusal(new Problem(400, "The event breaks the rules listed in errors.", { errors }));
}

function respond({ status, headers, body }: Answer): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
  .use(httpJsonBodyParser({ disableContentTypeError: true })) // a GET has no body
  .handler(async ({ routeKey, pathParameters, body }: APIGatewayProxyEventV2) =>
    respond(routeKey === "POST /events" ? await create(body) : await getEvent(pathParameters?.["id"])),
  );
