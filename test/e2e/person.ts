/** An agent's client whose person logs in with a browser. */
export class Person {
  readonly redirectUrl = 'http://127.0.0.1:9/callback';
  readonly clientMetadata = {
    client_name: 'a desktop',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  sentTo?: URL;
  private readonly kept = new Map<string, unknown>();

  clientInformation = () => this.kept.get('client');
  saveClientInformation = (client: unknown) => void this.kept.set('client', client);
  tokens = () => this.kept.get('tokens');
  saveTokens = (tokens: unknown) => void this.kept.set('tokens', tokens);
  codeVerifier = () => this.kept.get('verifier');
  saveCodeVerifier = (verifier: string) => void this.kept.set('verifier', verifier);
  redirectToAuthorization = (url: URL) => {
    this.sentTo = url;
  };
}

/** What a browser does, and who sits before it. @returns where the issuer sends it at last: to the client, with a code */
export async function logIn(start: URL, subject: string): Promise<URL> {
  const cookies = new Map<string, string>();
  const visit = async (url: URL, form?: URLSearchParams): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie }, ...(form && { method: 'POST', body: form }) });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined) cookies.set(name, value as string);
    }
    return answer;
  };
  let [url, form]: [URL, URLSearchParams | undefined] = [start, undefined];
  for (let step = 0; step < 10; step++) {
    const answer = await visit(url, form);
    form = undefined;
    const location = answer.headers.get('location');
    if (location === null) {
      const page = await answer.text();
      const [, value] = new RegExp(`<button name="subject" value="([^"]*${subject}[^"]*)"`).exec(page) ?? [];
      if (value === undefined) throw new Error(`${answer.status} at ${url.pathname}: ${page.slice(0, 500)}`);
      form = new URLSearchParams({ subject: value });
      continue;
    }
    url = new URL(location, url);
    if (!url.pathname.endsWith('/callback')) continue;
    if (!url.searchParams.has('code')) throw new Error(`no code: ${url.search}`);
    return url;
  }
  throw new Error('the login does not end');
}
