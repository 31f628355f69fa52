// Node's `ws` in several configurations, and express with no WebSocket server beside it: a port each.
// Usage: node servers.cjs '{"echo": 12000, "path": 12001, ...}'
"use strict";

const http = require("node:http");
const express = require("express");
const { WebSocketServer } = require("ws");

const ports = JSON.parse(process.argv[2]);
const host = "127.0.0.1";

function serveEcho(port, options) {
  const server = new WebSocketServer({ host, port, ...options });
  server.on("connection", (socket) => {
    // Without a listener, a peer's protocol violation would end the whole process.
    socket.on("error", (error) => console.error(`${port}: ${error.message}`));
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}

serveEcho(ports.echo, {});
serveEcho(ports.deflate, { perMessageDeflate: true });
serveEcho(ports.path, { path: "/ws" });
serveEcho(ports.verify_rejects, { verifyClient: () => false });
serveEcho(ports.max_payload, { maxPayload: 16 });

const app = express();
app.get("/", (request, response) => response.send("hello"));
app.listen(ports.express, host);

// An 'upgrade' listener that answers nothing: what is left when the one WebSocket server looks at another path.
const silent = http.createServer(app);
silent.on("upgrade", () => {});
silent.listen(ports.upgrade_ignored, host);
