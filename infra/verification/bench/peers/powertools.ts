import { Router } from "@aws-lambda-powertools/event-handler/http";
import type { Context } from "aws-lambda";
import { createEvent, getEvent, type Answer } from "./events.ts";

const app = new Router();

app.post("/events", async ({ req }) => respond(await createEvent(await req.json())));

app.get("/events/:id", async ({ params }) => respond(await getEvent(params["id"])));

function respond({ status, headers, body }: Answer): Response {
  return Response.json(body, { status, headers });
}

export const handler = (event: unknown, context: Context) => app.resolve(event, context);
