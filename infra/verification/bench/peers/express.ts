import express, { type Response } from "express";
import serverless from "serverless-http";
import { createEvent, getEvent, type Answer } from "./events.ts";

const app = express();
app.use(express.json());

app.post("/events", async (request, response) => {
  send(response, await createEvent(request.body));
});

app.get("/events/:id", async (request, response) => {
  send(response, await getEvent(request.params.id));
});

function send(response: Response, { status, headers, body }: Answer): void {
  response.status(status).set(headers).json(body);
}

export const handler = serverless(app);
