const { createServer } = require('node:http');
const { answer } = require('./answers.cjs');

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const message = body === '' ? {} : JSON.parse(body);
    if (message.id === undefined) return response.writeHead(body === '' ? 405 : 202).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer(message));
  });
});
server.listen(process.env.PORT, '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
