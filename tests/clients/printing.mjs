// What the two npm clients share: one JSON line per step, and a limit for replies that never come.
import { readFileSync } from "node:fs";

const limit = 3000;     // ms; the longest blocking step waits one second
const patience = 3;     // steps without a reply, one after the other, before the client gives up
let silent = 0;

export const [host, port, variant] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
export const secret = { username: process.env.MATRIX_USER, password: process.env.MATRIX_PASSWORD };
export const authority = process.env.MATRIX_CA ? readFileSync(process.env.MATRIX_CA) : undefined;
export const steps = JSON.parse(readFileSync(new URL("steps.json", import.meta.url)));

// Types that JSON lacks are named, so that a Set is not taken for an Array. Maps and Sets are sorted: Redis orders them by a random seed.
export function printable(value) {
    if (value === undefined || value === null) return null;
    if (value instanceof Error) return { error: value.message };
    if (typeof value === "bigint") return { bigint: value.toString() };
    if (typeof value === "number") return Number.isFinite(value) ? value : { number: String(value) };
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("latin1") };
    if (Array.isArray(value)) return value.map(printable);
    if (value instanceof Set) return { set: sorted([...value].map(printable)) };
    if (value instanceof Map) return { map: sorted([...value].map(printable)) };
    if (typeof value === "object") return Object.fromEntries(sorted(Object.entries(value)).map(([key, field]) => [key, printable(field)]));
    return value;
}

export function sorted(values) {
    return values.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

export function within(promise, milliseconds = limit) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no reply within ${milliseconds} ms`)), milliseconds);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Runs `action` and prints what it returns or throws.
export async function step(name, action) {
    let line;
    try {
        line = { step: name, reply: printable(await within(action())) };
        silent = 0;
    } catch (error) {
        silent = /^no reply within/.test(error.message) ? silent + 1 : 0;
        line = { step: name, error: error.message };
    }
    process.stdout.write(JSON.stringify(line) + "\n");
    if (silent === patience || (name === "connect" && "error" in line)) process.exit(1);
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Waits until `ready()` holds; for messages, whose arrival no reply announces.
export async function eventually(ready) {
    for (let waited = 0; !ready() && waited < 1500; waited += 10) await pause(10);
}
