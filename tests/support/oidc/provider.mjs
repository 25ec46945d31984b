/* A real provider of OpenID Connect for tests: it knows everybody by any password, and says of them
 * what the name says: "vera+staff+ops" is vera in two groups. */

import { Provider } from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: "bellhop",
    client_secret: "the secret of the client, with :/+ in it",
    redirect_uris: [redirectUri],
    response_types: ["code"],
    grant_types: ["authorization_code"],
  }],
  claims: {
    openid: ["sub"],
    profile: ["preferred_username", "groups"],
    email: ["email", "email_verified"],
  },
  pkce: { required: () => true },
  cookies: { keys: ["of a test"] },
  ttl: { Session: 3600, Interaction: 3600, Grant: 3600, AuthorizationCode: 60, IdToken: 300, AccessToken: 300 },
  findAccount: (context, id) => {
    const [name, ...groups] = id.split("+");
    return {
      accountId: id,
      claims: () => ({
        sub: `subject of ${name}`,
        preferred_username: name,
        groups,
        email: `${name}@example.org`,
        email_verified: true,
      }),
    };
  },
});

provider.listen(Number(port), "127.0.0.1", () => console.log(`ready at ${issuer}`));
