// The usual Node backend: a session cookie, the session in Redis, and a proxy that puts the session's token on requests.
// Configured by the environment; tests/bench/run starts it.
'use strict';

const cluster = require('node:cluster');
const http = require('node:http');
const https = require('node:https');

async function serve({ PORT, REDIS_SOCKET, REDIS_PASSWORD, UPSTREAM, TOKEN, SECRET }) {
  const express = require('express');
  const session = require('express-session');
  const { createProxyMiddleware } = require('http-proxy-middleware');
  const { RedisStore } = require('connect-redis');
  const { createClient } = require('redis');

  const client = createClient({ socket: { path: REDIS_SOCKET }, password: REDIS_PASSWORD });
  await client.connect();
  const kind = UPSTREAM.startsWith('https:') ? https : http;
  const app = express();
  app.use(
    session({
      store: new RedisStore({ client, prefix: 'bench-node:' }),
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', maxAge: 1800 * 1000 },
    }),
  );
  app.post('/sign-in', (request, response) => {
    request.session.token = TOKEN;
    response.json({ state: 'authenticated' });
  });
  app.use(
    '/api/me',
    (request, response, next) =>
      request.session.token ? next() : response.status(401).json({ type: 'login_required' }),
    createProxyMiddleware({
      target: UPSTREAM,
      changeOrigin: true,
      agent: new kind.Agent({ keepAlive: true }),
      pathRewrite: () => '/customer/bench/me',
      on: {
        proxyReq: (proxied, request) => {
          proxied.setHeader('Authorization', `Bearer ${request.session.token}`);
          proxied.removeHeader('Cookie');
        },
      },
    }),
  );
  app.listen(Number(PORT), '127.0.0.1');
}

if (cluster.isPrimary) {
  for (let count = Number(process.env.WORKERS); count > 0; count -= 1) cluster.fork();
  cluster.on('exit', () => process.exit(1));
} else {
  serve(process.env);
}
