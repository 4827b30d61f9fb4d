// Owns a temporary folder and runs programs that live no longer than its parent: when stdin closes (a normal end,
// or kill -9 of the parent), the programs are stopped and the folder is removed.
// Usage: node keeper.mjs <folder in which the temporary one is made>
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { answerRequests } from './requests.mjs';

const GRACE_MS = 5000;
const OUTPUT_LIMIT = 64 * 1024;
const parent = process.ppid;
const folder = mkdtempSync(join(process.argv[2], 'login-etl-sandbox-'));
const programs = new Map();
let ending = false;

const say = answerRequests({ folder: () => ({ folder }), open, give, run, start, signal }, end);

/** Lets other accounts pass through the folder (not list it): a server that refuses root needs that. */
function open() {
  chmodSync(folder, 0o711);
}

function give({ path, uid, gid }) {
  chownSync(path, uid, gid);
}

/** Runs a program to its end and returns how it ended and what it printed (64 KB at most). */
function run({ name, ...program }) {
  return new Promise((resolve, reject) => {
    const child = launch(name, program, ['ignore', 'pipe', 'pipe'], reject);
    let output = '';
    const take = (text) => { output = (output + text).slice(-OUTPUT_LIMIT); };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

/** Starts a program; its end, and its lines when it has no log file, are told as events. */
function start({ name, log, ...program }) {
  return new Promise((resolve, reject) => {
    const file = log ? openSync(log, 'a', 0o600) : undefined;
    const child = launch(name, program, ['ignore', file ?? 'pipe', file ?? 'pipe'], reject);
    if (file !== undefined) closeSync(file);
    for (const stream of ['stdout', 'stderr']) {
      if (!child[stream]) continue;
      createInterface({ input: child[stream] }).on('line', (text) => say({ event: 'line', name, stream, text }));
    }
    child.on('spawn', () => resolve({ pid: child.pid }));
    child.on('close', (code, signal) => say({ event: 'exit', name, code, signal }));
  });
}

function launch(name, { command, args, cwd, env, account, stop }, stdio, reject) {
  if (ending) throw new Error('the sandbox is ending');
  const child = spawn(command, args, {
    cwd: cwd ?? folder,
    env: { ...process.env, ...env },
    uid: account?.uid,
    gid: account?.gid,
    stdio,
    // A session of its own, so that a Ctrl-C at the terminal does not stop the database under the run.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  programs.set(name, { child, stop: stop ?? 'SIGTERM' });
  child.on('exit', () => programs.delete(name));
  child.on('error', (error) => { programs.delete(name); reject(error); });
  return child;
}

function signal({ name, signal: kind }) {
  programs.get(name)?.child.kill(kind);
}

/** The last started is stopped first: a run before the database that it writes to. */
async function end() {
  if (ending) return;
  ending = true;
  for (const { child, stop } of [...programs.values()].reverse()) await stopProgram(child, stop);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  if (process.ppid !== parent) removeDiagnosticsOf(parent);
  process.exit(0);
}

/** A .NET process that is killed leaves the pipes and the socket of its diagnostics in the temp folder. */
function removeDiagnosticsOf(pid) {
  const left = new RegExp(`^(clr-debug-pipe|dotnet-diagnostic)-${pid}-`);
  for (const name of readdirSync(tmpdir())) if (left.test(name)) rmSync(join(tmpdir(), name), { force: true });
}

function stopProgram(child, stop) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.on('exit', resolve);
    child.kill(stop);
    setTimeout(() => killGroup(child), GRACE_MS).unref();
  });
}

function killGroup(child) {
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
