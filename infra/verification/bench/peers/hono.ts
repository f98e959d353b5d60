import { Hono } from "hono";
import { handle } from "hono/aws-lambda";
import { createEvent, getEvent } from "./events.ts";

const app = new Hono();

app.post("/events", async (context) => {
  const { status, headers, body } = await createEvent(await context.req.json());
  return context.json(body, status, headers);
});

app.get("/events/:id", async (context) => {
  const { status, headers, body } = await getEvent(context.req.param("id"));
  return context.json(body, status, headers);
});

export const handler = handle(app);
