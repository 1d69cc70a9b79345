/** Server-Sent Events out of the body of a `fetch`: `EventSource` could not send a token. Knows nothing of tasks. */

export interface ServerEvent {
  type: string;
  data: string;
}

/** The events of a stream, in order. `onBytes` hears of everything that arrives, comments included. */
export async function* readEvents(body: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = parse(block);
        if (event) yield event;
      }
    }
  } finally {
    // Also when the reader of the events has seen enough: the connection must not stay open.
    await reader.cancel().catch(() => {});
  }
}

/** An event without data counts as none, as in the HTML standard, section 9.2.6. */
function parse(block: string): ServerEvent | null {
  let type = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ""] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "event") type = value;
    if (field === "data") data.push(value);
  }
  return data.length === 0 ? null : { type, data: data.join("\n") };
}
