// The page on which whoever logs in says as which agent. A real issuer would ask for a password or a key.

export const INTERACTION_PATH = '/interaction/';

const BODY_LIMIT = 10_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Shows the page, or ends the login that it stands for. */
export async function answerInteraction(provider, subjects, scope, request, response) {
  try {
    const { params } = await provider.interactionDetails(request, response);
    const chosen = request.method === 'POST' ? (await formOf(request)).get('subject') : hinted(params);
    if (!subjects.includes(chosen)) return show(response, params, subjects);
    const grant = new provider.Grant({ accountId: chosen, clientId: params.client_id });
    grant.addOIDCScope(`openid offline_access ${scope}`);
    for (const resource of [params.resource ?? []].flat()) grant.addResourceScope(resource, scope);
    const grantId = await grant.save();
    await provider.interactionFinished(request, response, { login: { accountId: chosen }, consent: { grantId } });
  } catch (error) {
    response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end(`This login is over: ${error.message}. Begin it again.`);
  }
}

/** A client on this machine may name the agent; any other one needs somebody who presses a button. */
function hinted({ login_hint: hint, redirect_uri: redirect }) {
  return URL.canParse(redirect) && LOOPBACK.has(new URL(redirect).hostname) ? hint : undefined;
}

function show(response, { client_id: client, redirect_uri: redirect, resource }, subjects) {
  const buttons = subjects.map((subject) => `<button name="subject" value="${escaped(subject)}">${escaped(subject)}</button>`);
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Local account: log in</title>
<style>body { font: 16px/1.5 system-ui; max-width: 36rem; margin: 4rem auto } button { display: block; margin: .5rem 0; padding: .5rem 1rem; font: inherit }</style>
<h1>As which agent?</h1>
<p>The client <code>${escaped(client)}</code> asks for a token of <code>${escaped([resource ?? 'no resource'].flat().join(', '))}</code>
and gets it at <code>${escaped(redirect)}</code>.</p>
<form method="post">${buttons.join('')}</form>
</html>`);
}

async function formOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_LIMIT) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}

function escaped(text) {
  return String(text).replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
