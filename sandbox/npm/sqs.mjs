// An SQS server on 127.0.0.1 only (fauxqs' own command listens on every interface).
// Its queues live in memory and outlast a stop and a start, as AWS's would an outage.
import { buildApp } from 'fauxqs';
// Not exported by the package; its version is pinned.
import { S3Store } from './node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from './node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsQueue, SqsStore } from './node_modules/fauxqs/dist/sqs/sqsStore.js';
import { giveGroupsAsAws } from './fifo.mjs';
import { answerRequests } from './requests.mjs';

giveGroupsAsAws(SqsQueue);

const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
let app;

answerRequests({ start, stop }, () => process.exit(0));

/** Port 0 means any free one. */
async function start({ port, region }) {
  const next = buildApp({ logger: false, defaultRegion: region, stores });
  next.addHook('preHandler', endPollWithClient);
  await next.listen({ host: '127.0.0.1', port });
  app = next;
  return { port: app.server.address().port };
}

/** A long poll whose client has gone would otherwise take messages that nobody then sees for a visibility timeout. */
async function endPollWithClient(request, reply) {
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) stores.sqsStore.getQueue(request.body?.QueueUrl)?.cancelWaiters();
  });
}

async function stop() {
  await app?.close();
  app = undefined;
}
