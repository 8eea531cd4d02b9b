// An OPC UA server by node-opcua: `node opcua_server.cjs '{"role": 1, "port": 0, "folder": "..."}'`.
// Prints its port, then obeys lines of JSON on standard input and prints "ok" after each:
// {"set": {"Role": 2}}, {"status": "BadNoCommunication"} for Heartbeat ("Good" again), {"level": 0}.
// It ends with its standard input. `folder` takes its certificate and key.
"use strict";

console.log = console.info = console.warn = console.error; // node-opcua talks; standard output is for the test

const path = require("node:path");
const readline = require("node:readline");
const { OPCUAServer } = require("node-opcua-server");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");
const { DataType, Variant, VariantArrayType } = require("node-opcua-variant");
const { StatusCodes } = require("node-opcua-status-code");
const { SecurityPolicy, MessageSecurityMode } = require("node-opcua-secure-channel");

const settings = JSON.parse(process.argv[2]);
const NAMESPACE = "urn:otha:test";
const LIFE_MS = 50;

const values = {
  Heartbeat: [DataType.UInt32, 0],
  Cycle: [DataType.UInt32, 0],
  Role: [DataType.UInt16, settings.role],
  // 64 bits cross JavaScript as two halves.
  Position: [DataType.UInt64, [0, 5]],
  Data: [DataType.Double, 1.5],
};
let heartbeatStatus = StatusCodes.Good;

async function main() {
  const certificates = new OPCUACertificateManager({ rootFolder: path.join(settings.folder, "pki") });
  const server = new OPCUAServer({
    host: "127.0.0.1",
    hostname: "127.0.0.1",
    port: settings.port || 0,
    resourcePath: "/otha",
    securityPolicies: [SecurityPolicy.None],
    securityModes: [MessageSecurityMode.None],
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const namespace = space.registerNamespace(NAMESPACE);
  const box = namespace.addObject({ organizedBy: space.rootFolder.objects, nodeId: "s=Box", browseName: "Box" });
  const variables = {};
  for (const [name, [dataType, value]] of Object.entries(values)) {
    const variable = namespace.addVariable({
      componentOf: box, nodeId: `s=${name}`, browseName: name, dataType: DataType[dataType], minimumSamplingInterval: 10,
    });
    variable.setValueFromSource({ dataType, arrayType: VariantArrayType.Scalar, value });
    variables[name] = variable;
  }
  let level = 200;
  space.findNode("i=2267").bindVariable(
    { get: () => new Variant({ dataType: DataType.Byte, value: level }) }, true,
  );
  await server.start();

  let count = 0;
  setInterval(() => {
    count += 1;
    variables.Heartbeat.setValueFromSource({ dataType: DataType.UInt32, value: count }, heartbeatStatus);
    variables.Cycle.setValueFromSource({ dataType: DataType.UInt32, value: count });
    variables.Data.setValueFromSource({ dataType: DataType.Double, value: 1.5 });
  }, LIFE_MS);

  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const order = JSON.parse(line);
    for (const [name, value] of Object.entries(order.set || {})) {
      variables[name].setValueFromSource({ dataType: values[name][0], value });
    }
    if (order.status) heartbeatStatus = StatusCodes[order.status];
    if (order.level !== undefined) level = order.level;
    process.stdout.write("ok\n");
  });
  lines.on("close", () => process.exit(0));
  process.stdout.write(`${server.endpoints[0].port}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
