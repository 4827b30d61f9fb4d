// The job by sqs-consumer and pg: ten messages a receive, one INSERT for them, a batch of deletes, no ledger.
//
// job.mjs ENDPOINT QUEUE MESSAGES DSN CONSUMERS: ends when so many messages are processed.
import { createHash } from 'node:crypto';
import { SQSClient, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import pg from 'pg';

const [endpoint, queue, messages, dsn, consumers] = process.argv.slice(2);
const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' }, requestHandler: { httpAgent: { keepAlive: true, maxSockets: 256 } } });
const pool = new pg.Pool({ connectionString: dsn, max: Number(consumers) });
const columns = 7;
let done = 0;

const masked = (text) => createHash('sha256').update(text).digest('hex');

function row(login) {
  const [major, minor, patch] = [...login.app_version.split('.').map(Number), 0, 0];
  return [login.user_id, login.device_type, masked(login.ip), masked(login.device_id), login.locale, major * 1000000 + minor * 1000 + patch, new Date()];
}

async function write(received) {
  const rows = received.filter((m) => m.Body.includes('user_id')).map((m) => row(JSON.parse(m.Body)));
  if (rows.length > 0) {
    const values = rows.map((_, i) => `(${Array.from({ length: columns }, (_, c) => `$${i * columns + c + 1}`).join(', ')})`).join(', ');
    await pool.query(`INSERT INTO user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date) VALUES ${values}`, rows.flat());
  }
  return received;
}

const { QueueUrl: queueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
const all = Array.from({ length: Number(consumers) }, () => Consumer.create({ queueUrl, sqs, batchSize: 10, waitTimeSeconds: 1, handleMessageBatch: write }));
await new Promise((resolve) => {
  for (const consumer of all) {
    consumer.on('error', (e) => { console.error(e); process.exit(1); });
    consumer.on('processing_error', (e) => { console.error(e); process.exit(1); });
    // Its messages are deleted by now.
    consumer.on('response_processed', async () => { if (done >= Number(messages)) resolve(); });
    consumer.on('message_processed', () => { done += 1; });
    consumer.start();
  }
});
for (const consumer of all) consumer.stop({ abort: true });
await pool.end();
process.exit(0);
