// The fast Node alternative: Fastify with compiled schemas, jose, better-sqlite3 or pg. One process.
import Fastify from "fastify";
import { authenticate } from "./auth.js";

const url = process.env.DATABASE_URL;
const { open } = await import(url.startsWith("sqlite") ? "./sqlite.js" : "./postgres.js");
const tasks = open(url);

const text = { type: "string" };
const textOrNull = { type: ["string", "null"] };
const task = {
  type: "object",
  properties: {
    id: { type: "integer" },
    user_id: text,
    title: text,
    description: textOrNull,
    completed: { type: "boolean" },
    priority: text,
    tags: { type: "array", items: text },
    due_date: { ...textOrNull, format: "date-time" },
    created_at: { ...text, format: "date-time" },
    updated_at: { ...text, format: "date-time" },
  },
};
const querystring = {
  type: "object",
  properties: { limit: { type: "integer", minimum: 1, maximum: 200, default: 100 } },
};
const body = {
  type: "object",
  required: ["title"],
  properties: {
    title: { type: "string", minLength: 1, maxLength: 200 },
    description: { type: ["string", "null"], maxLength: 1000 },
  },
};

const app = Fastify({ logger: false });
const found = (reply, row) => row ?? reply.code(404).send({ detail: "Task not found" });

app.get("/health", async () => ({ status: "healthy" }));

app.register(async (api) => {
  api.addHook("onRequest", authenticate);
  api.get(
    "/api/:userId/tasks",
    { schema: { querystring, response: { 200: { type: "array", items: task } } } },
    async (request) => tasks.list(request.params.userId, request.query.limit),
  );
  api.post("/api/:userId/tasks", { schema: { body, response: { 201: task } } }, async (request, reply) => {
    const { title, description = null } = request.body;
    reply.code(201);
    return tasks.create(request.params.userId, title, description);
  });
  api.get("/api/:userId/tasks/:id", { schema: { response: { 200: task } } }, async (request, reply) =>
    found(reply, await tasks.read(request.params.userId, Number(request.params.id))),
  );
  api.patch("/api/:userId/tasks/:id/complete", { schema: { response: { 200: task } } }, async (request, reply) =>
    found(reply, await tasks.toggle(request.params.userId, Number(request.params.id))),
  );
});

await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
