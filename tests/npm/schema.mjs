// Asks somebody else's validator of JSON Schema: the first line of the file is an array of schemas, each other line an
// index among them and a body in base64. Prints a letter a body: v for valid, i for invalid, n for what is no JSON.
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';

const [schemas, ...bodies] = readFileSync(process.argv[2], 'utf8').trimEnd().split('\n');
const ajv = new Ajv2020.default({ strict: true, allowUnionTypes: true });
const validators = JSON.parse(schemas).map((schema) => ajv.getSchema(schema.$id) ?? ajv.compile(schema));
const read = new TextDecoder('utf-8', { fatal: true });

const verdict = (line) => {
  const [index, body] = line.split(' ');
  let json;
  try {
    json = JSON.parse(read.decode(Buffer.from(body, 'base64')));
  } catch {
    return 'n';
  }
  return validators[index](json) ? 'v' : 'i';
};
process.stdout.write(bodies.map(verdict).join(''));
