// A Modbus TCP server by modbus-serial: `node modbus_server.cjs '{"role": 1, "port": 0}'`.
// Holding registers from 100: heartbeat (two, high one first), role, service level, state. Anything else is an illegal
// address. Prints its port, then obeys lines of JSON on standard input and prints "ok" after each: {"set": {"role": 2}},
// {"stopped": true} for a heartbeat that stands still. It ends with its standard input.
"use strict";

const readline = require("node:readline");
const { ServerTCP } = require("modbus-serial");

const settings = JSON.parse(process.argv[2]);
const FIRST = 100;
const LIFE_MS = 10;
const words = { high: 0, low: 0, role: settings.role, level: 200, session: 7 };
const names = Object.keys(words);
let stopped = false;
let count = 0;

setInterval(() => {
  if (stopped) return;
  count += 1;
  words.high = (count >>> 16) & 0xffff;
  words.low = count & 0xffff;
}, LIFE_MS);

const read = (address, callback) => {
  const name = names[address - FIRST];
  callback(name === undefined ? { modbusErrorCode: 2, msg: "no such register" } : null, words[name] || 0);
};

const server = new ServerTCP(
  { getHoldingRegister: (address, _unit, callback) => read(address, callback) },
  { host: "127.0.0.1", port: String(settings.port || 0), unitID: 1 }, // the number 0 would be taken for "not given"
);
server.on("socketError", () => {}); // a supervisor that hangs up resets the connection
server.on("serverError", (error) => {
  process.stderr.write(`${error}\n`);
  process.exit(1);
});
server.on("initialized", () => {
  process.stdout.write(`${server._server.address().port}\n`);
});

const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const order = JSON.parse(line);
  Object.assign(words, order.set || {});
  if (order.stopped !== undefined) stopped = order.stopped;
  process.stdout.write("ok\n");
});
lines.on("close", () => process.exit(0));
