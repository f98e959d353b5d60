import awsLambdaFastify from "@fastify/aws-lambda";
import fastify, { type FastifyReply } from "fastify";
import { createEvent, getEvent, type Answer } from "./events.ts";

const app = fastify();

app.post("/events", async (request, reply) => send(reply, await createEvent(request.body)));

app.get<{ Params: { id: string } }>("/events/:id", async (request, reply) =>
  send(reply, await getEvent(request.params.id)),
);

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

export const handler = awsLambdaFastify(app);
