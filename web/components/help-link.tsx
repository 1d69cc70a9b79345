/** To the page that says what to check, in a tab of its own: what was typed here stays. */
import { helpWith, type Trouble } from "../lib/help";

export function HelpLink({ about }: { about: Trouble }) {
  return (
    <a href={helpWith(about)} target="_blank" rel="noopener">
      What to check
    </a>
  );
}
