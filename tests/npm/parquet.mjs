// Reads a Parquet file by somebody else's code: its columns with their types, then each row, as lines of JSON.
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';

const file = await asyncBufferFromFile(process.argv[2]);
const { schema } = await parquetMetadataAsync(file);
const print = (value) => console.log(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v)));
print(schema.slice(1).map((c) => `${c.name} ${c.type} ${c.logical_type?.type ?? c.converted_type} ${c.repetition_type}`));
for (const row of await parquetReadObjects({ file })) print(row);
