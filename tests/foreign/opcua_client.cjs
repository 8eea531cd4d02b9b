// A node-opcua client as a process. It obeys lines of JSON on standard input, one at a time, and answers each with a
// line of JSON: {"ok": ...} or {"error": "..."}.
//
//   {"do": "connect", "url", "security": "Basic256Sha256" | "None", "certificate", "key", "uri", "pki", "user", "password"}
//   {"do": "browse", "node": "ns=2;s=..."}           the browse names below it
//   {"do": "watch", "node": "ns=2;s=..."}            from now on its changes are collected
//   {"do": "wait", "value": ..., "within_ms": N}     until a change has this value; all of them up to then
//   {"do": "call", "object", "method", "arguments": [text, ...]}
//   {"do": "end"}
"use strict";

const readline = require("node:readline");
const {
    AttributeIds,
    ClientMonitoredItem,
    DataType,
    MessageSecurityMode,
    OPCUAClient,
    SecurityPolicy,
    StatusCodes,
    TimestampsToReturn,
    UserTokenType,
} = require("node-opcua-client");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");

let client = null;
let session = null;
let subscription = null;
let changes = [];
let heard = () => {};

async function connect(asked) {
    const manager = new OPCUACertificateManager({ rootFolder: asked.pki, automaticallyAcceptUnknownCertificate: true });
    await manager.initialize();
    const secured = asked.security !== "None";
    client = OPCUAClient.create({
        applicationUri: asked.uri,
        certificateFile: asked.certificate,
        privateKeyFile: asked.key,
        clientCertificateManager: manager,
        securityMode: secured ? MessageSecurityMode.SignAndEncrypt : MessageSecurityMode.None,
        securityPolicy: SecurityPolicy[asked.security],
        endpointMustExist: false,
        connectionStrategy: { maxRetry: 0 },
    });
    await client.connect(asked.url);
    const user = asked.user && { type: UserTokenType.UserName, userName: asked.user, password: asked.password };
    session = await client.createSession(user || undefined);
    return null;
}

async function browse(asked) {
    const found = await session.browse(asked.node);
    return found.references.map((each) => each.browseName.name);
}

async function watch(asked) {
    if (subscription === null) {
        subscription = await session.createSubscription2({
            requestedPublishingInterval: 100,
            requestedLifetimeCount: 1000,
            requestedMaxKeepAliveCount: 10,
            maxNotificationsPerPublish: 100,
            publishingEnabled: true,
            priority: 1,
        });
    }
    const item = ClientMonitoredItem.create(
        subscription,
        { nodeId: asked.node, attributeId: AttributeIds.Value },
        { samplingInterval: 50, queueSize: 100, discardOldest: true },
        TimestampsToReturn.Both,
    );
    item.on("changed", (data) => {
        changes.push(data.value.value);
        heard();
    });
    return null;
}

async function wait(asked) {
    const limit = Date.now() + (asked.within_ms || 60000);
    while (!changes.includes(asked.value)) {
        if (Date.now() > limit) {
            throw new Error(`never ${asked.value}: ${changes}`);
        }
        await new Promise((resolve) => {
            heard = resolve;
            setTimeout(resolve, 200);
        });
    }
    const found = changes;
    changes = [];
    return found;
}

async function call(asked) {
    const result = await session.call({
        objectId: asked.object,
        methodId: asked.method,
        inputArguments: asked.arguments.map((value) => ({ dataType: DataType.String, value })),
    });
    if (result.statusCode !== StatusCodes.Good) {
        throw new Error(result.statusCode.toString());
    }
    return result.outputArguments.map((each) => each.value);
}

async function end() {
    try {
        if (session !== null) {
            await session.close();
        }
        if (client !== null) {
            await client.disconnect();
        }
    } finally {
        client = session = subscription = null;
        changes = [];
    }
    return null;
}

const actions = { connect, browse, watch, wait, call, end };

async function main() {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const asked = JSON.parse(line);
        let answer;
        try {
            answer = { ok: await actions[asked.do](asked) };
        } catch (error) {
            answer = { error: String(error.message) };
        }
        process.stdout.write(JSON.stringify(answer) + "\n");
    }
    process.exit(0);
}

main();
