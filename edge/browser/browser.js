// Loads a model by onnxruntime-web, answers rows one by one, and sends back what it took and what it answered.

const work = await (await fetch("work")).json();

async function bytes(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name} was not served`);
  return answer.arrayBuffer();
}

/** The smallest step of the clock that shows, in ms. */
function clockStep() {
  let smallest = Infinity;
  for (let i = 0; i < 50; i += 1) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    smallest = Math.min(smallest, now - start);
  }
  return smallest;
}

/** Rows as the model takes them: by name a function that gives the tensor of one row. */
async function inputs(ort) {
  const found = {};
  for (const [name, { type, width }] of Object.entries(work.inputs)) {
    const all = type === "string" ? JSON.parse(new TextDecoder().decode(await bytes(name)))
      : new { float32: Float32Array, float64: Float64Array }[type](await bytes(name));
    found[name] = (row) => new ort.Tensor(type, all.slice(row * width, (row + 1) * width), [1, width]);
  }
  return found;
}

async function measured() {
  const start = performance.now();
  const ort = await import(new URL("ort.mjs", location.href).href);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmPaths = {
    mjs: new URL("glue.mjs", location.href).href, wasm: new URL("runtime.wasm", location.href).href,
  };
  ort.env.logLevel = "error";
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
  await (await ort.InferenceSession.create(await bytes("empty"), options)).release();
  const runtimeMs = performance.now() - start;

  const loadsMs = [];
  let session = null;
  do {
    if (session) await session.release();
    const begin = performance.now();
    session = await ort.InferenceSession.create(await bytes("model"), options);
    loadsMs.push(performance.now() - begin);
  } while (loadsMs.length < work.loads && Math.max(...loadsMs) < work.longLoadMs);

  const tensors = Object.entries(await inputs(ort)).filter(([name]) => session.inputNames.includes(name));
  const wanted = [work.output];
  const call = async (row) => {
    const fed = {};
    for (const [name, tensor] of tensors) fed[name] = tensor(row);
    return (await session.run(fed, wanted))[work.output].data;
  };

  const answers = [];
  for (let row = 0; row < work.rows; row += 1) answers.push(Array.from(await call(row)));

  // calls for a round: as many as fit into its time, after the answers above have warmed the code
  const probe = performance.now();
  for (let i = 0; i < work.fewest; i += 1) await call(i % work.timed);
  const each = Math.max((performance.now() - probe) / work.fewest, 1e-3);
  const calls = Math.min(Math.max(Math.round(work.roundMs / each), work.fewest), work.most);

  const timesMs = [];
  for (let round = 0; round < work.rounds; round += 1) {
    await new Promise((resume) => setTimeout(resume, 0)); // the browser's own work is done between rounds
    const times = new Array(calls);
    for (let i = 0; i < calls; i += 1) {
      const row = (round * calls + i) % work.timed; // every call another row
      const begin = performance.now();
      await call(row);
      times[i] = performance.now() - begin;
    }
    timesMs.push(times);
  }
  return {
    timesMs, loadsMs, runtimeMs, answers, clockStepMs: clockStep(), isolated: crossOriginIsolated,
    agent: navigator.userAgent, version: ort.env.versions.web,
  };
}

let said;
try {
  said = await measured();
} catch (error) {
  said = { error: String(error && error.message ? error.message : error).slice(0, 500) };
}
await fetch("result", { method: "POST", body: JSON.stringify(said) });
