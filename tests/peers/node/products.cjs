// socket.io, graphql-ws, vite, webpack-dev-server and two handlers of `ws` on one server: a port each.
// Usage: node products.cjs '{"socketio": 12000, "graphql": 12001, ...}'
"use strict";

const http = require("node:http");
const path = require("node:path");
const { GraphQLObjectType, GraphQLSchema, GraphQLString } = require("graphql");
const { Server } = require("socket.io");
const { WebSocketServer } = require("ws");

const ports = JSON.parse(process.argv[2]);
const host = "127.0.0.1";

function serveSocketIo(port, options) {
  const server = http.createServer();
  new Server(server, options);
  server.listen(port, host);
}

serveSocketIo(ports.socketio, {});
serveSocketIo(ports.socketio_forbidden, { allowRequest: (request, callback) => callback(null, false) });
serveSocketIo(ports.socketio_polling, { transports: ["polling"] });

// Each of the two looks at every upgrade, and answers 400 to what is not its own.
const shared = http.createServer();
for (const path of ["/a", "/b"]) new WebSocketServer({ server: shared, path });
shared.listen(ports.two_handlers, host);

const destroying = http.createServer();
destroying.on("upgrade", (request, socket) => socket.destroy());
destroying.listen(ports.destroys, host);

// Ends an accepted session without a word.
const dropping = new WebSocketServer({ host, port: ports.terminates });
dropping.on("connection", (socket) => socket.terminate());

const closing = new WebSocketServer({ host, port: ports.closes });
closing.on("connection", (socket, request) => {
  const [, code, reason] = request.url.split("/");
  socket.close(Number(code), decodeURIComponent(reason));
});

// The heartbeat of ws's own documentation: it gives up on a client that does not answer pings.
const heartbeat = new WebSocketServer({ host, port: ports.heartbeat });
heartbeat.on("connection", (socket) => {
  let alive = true;
  socket.on("pong", () => (alive = true));
  const timer = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, 1200);
  socket.on("close", () => clearInterval(timer));
});

async function main() {
  const { useServer } = await import("graphql-ws/use/ws");
  const query = new GraphQLObjectType({ name: "Query", fields: { hello: { type: GraphQLString } } });
  useServer(
    { schema: new GraphQLSchema({ query }), connectionInitWaitTimeout: 700 },
    new WebSocketServer({ host, port: ports.graphql, path: "/graphql" }),
  );

  const { createServer } = await import("vite");
  const server = await createServer({
    configFile: false,
    root: path.join(__dirname, "empty"),
    logLevel: "error",
    cacheDir: process.argv[3],
    server: { host, port: ports.vite, strictPort: true },
  });
  // The page's script carries this token; only a socket that has it may connect from another origin.
  console.log(`vite token: ${server.config.webSocketToken}`);
  await server.listen();

  const webpack = require("webpack");
  const WebpackDevServer = require("webpack-dev-server");
  const compiler = webpack({ mode: "development", context: __dirname, entry: "./empty/index.js", output: { path: "/" } });
  const development = { host, port: ports.webpack, allowedHosts: [host], static: false };
  await new WebpackDevServer(development, compiler).start();
}

main();
