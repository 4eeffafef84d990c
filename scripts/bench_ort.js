// Times ONNX Runtime on one network: node bench_ort.js MODEL.onnx SIZE THREADS RUNS; prints the median in ms.
const ort = require(process.env.ORT_MODULE || 'onnxruntime-node');

async function main() {
  const [model, size, threads, runs] = [process.argv[2], ...process.argv.slice(3).map(Number)];
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all', executionMode: 'sequential',
  });
  const pixels = Float32Array.from({length: 3 * size * size}, () => Math.random() * 4 - 2);
  const feeds = {image: new ort.Tensor('float32', pixels, [1, 3, size, size])};
  const times = [];
  for (let i = -2; i < runs; i++) {
    const start = performance.now();
    await session.run(feeds);
    if (i >= 0) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log((times[(runs - 1) >> 1] + times[runs >> 1]) / 2);
}
main();
