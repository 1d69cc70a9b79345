/** An assistant: the official client of the Model Context Protocol, and a page on this machine where it takes its user's answer. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import { freePort } from "./servers";

/** Each request by itself (`auto` finds out), or the handshake of earlier revisions. */
export type Era = "auto" | "legacy";

export interface Answer {
  query: URLSearchParams;
}

/** What an assistant keeps between two starts, and where it sends its user. */
export class Assistant implements OAuthClientProvider {
  private client: StoredOAuthClientInformation | undefined;
  private granted: StoredOAuthTokens | undefined;
  private verifier = "";
  private discovered: OAuthDiscoveryState | undefined;
  private asked: URL | undefined;
  private readonly stateText = crypto.randomUUID();
  private transport: StreamableHTTPClientTransport | undefined;

  constructor(
    private readonly mcpUrl: string,
    private readonly port: number,
    private readonly name = "Desk Helper",
  ) {}

  get redirectUrl(): string {
    return `http://localhost:${this.port}/callback`;
  }
  get clientMetadata() {
    return {
      client_name: this.name,
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      application_type: "native" as const,
    };
  }
  state(): string {
    return this.stateText;
  }
  clientInformation() {
    return this.client;
  }
  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.client = client;
  }
  tokens() {
    return this.granted;
  }
  saveTokens(tokens: StoredOAuthTokens): void {
    this.granted = tokens;
  }
  redirectToAuthorization(url: URL): void {
    this.asked = url;
  }
  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier;
  }
  codeVerifier(): string {
    return this.verifier;
  }
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.discovered = state;
  }
  discoveryState() {
    return this.discovered;
  }
  invalidateCredentials(scope: "all" | "client" | "tokens" | "verifier" | "discovery"): void {
    if (scope === "all" || scope === "tokens") this.granted = undefined;
  }

  /** Connects, and gives the address where its user must answer first; null when it has access already. */
  async connect(client: Client): Promise<URL | null> {
    this.asked = undefined;
    this.transport = new StreamableHTTPClientTransport(new URL(this.mcpUrl), { authProvider: this });
    try {
      await client.connect(this.transport);
      return null;
    } catch (error) {
      return this.askedOr(error);
    }
  }

  /** Where its user must answer before what failed can be done. Any other failure is thrown again. */
  askedOr(error: unknown): URL {
    if (error instanceof UnauthorizedError && this.asked) return this.asked;
    throw error;
  }

  /** Takes the user's answer, and with it a token. */
  async take({ query }: Answer): Promise<void> {
    if (query.get("state") !== this.stateText) throw new Error("This is the answer to another question.");
    await this.transport?.finishAuth(query);
  }

  get accessToken(): string {
    return this.granted?.access_token ?? "";
  }
  get refreshToken(): string {
    return this.granted?.refresh_token ?? "";
  }
  get clientId(): string {
    return this.client?.client_id ?? "";
  }
}

export const newClient = (mode: Era) => new Client({ name: "browser-tests", version: "1" }, { versionNegotiation: { mode } });

export interface Callback {
  port: number;
  /** The next answer that a browser brings. */
  answer: () => Promise<Answer>;
  stop: () => void;
}

/** The page that the user's browser comes back to. */
export async function startCallback(): Promise<Callback> {
  const port = await freePort();
  const answers: Answer[] = [];
  const waiting: ((answer: Answer) => void)[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", `http://localhost:${port}`);
    response.writeHead(200, { "Content-Type": "text/plain" }).end("You can close this page.");
    if (pathname !== "/callback") return;
    const answer = { query: searchParams };
    const next = waiting.shift();
    if (next) next(answer);
    else answers.push(answer);
  });
  await new Promise<void>((resolve) => server.listen(port, "localhost", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answer: () => {
      const answer = answers.shift();
      return answer ? Promise.resolve(answer) : new Promise((resolve) => waiting.push(resolve));
    },
    stop: () => server.close(),
  };
}
