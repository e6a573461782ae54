const { getHeapSpaceStatistics } = require('node:v8');

// Loaded into a Node of the bench before its program: collects garbage when asked to, and says what is left.
process.on('SIGUSR2', () => {
  for (let times = 0; times < 3; times++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  // The young generation: it grows with how fast is allocated, to a size of its own, and is empty now but for what it keeps of the system's memory.
  const nursery = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  const nurseryKib = Math.round(nursery.physical_space_size / 1024);
  const active = process.getActiveResourcesInfo();
  const timers = active.filter((name) => name === 'Timeout').length;
  process.stdout.write(`\ncollected ${JSON.stringify({ heapKib: Math.round((heapUsed + external) / 1024), nurseryKib, timers })}\n`);
});
