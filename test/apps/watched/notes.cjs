const { createInterface } = require('node:readline');
const { answer } = require('./answers.cjs');

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  if (message.id !== undefined) process.stdout.write(`${answer(message)}\n`);
});
