/** The README as a recipe: what a section says to install, to write and to run, so that its text cannot age. */
import { readFileSync } from "node:fs";
import path from "node:path";

export const packageRoot = path.resolve(import.meta.dirname, "..");

export interface Recipe {
  /** The lines of the blocks marked `sh`. */
  commands: string[];
  /** The other blocks, by the name after the language. */
  files: Map<string, string>;
}

export function recipeOf(heading: string): Recipe {
  const text = readFileSync(path.join(packageRoot, "README.md"), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (!section) throw new Error(`README.md has no section "${heading}".`);
  const recipe: Recipe = { commands: [], files: new Map() };
  for (const [, language, file, content = ""] of section.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)) {
    if (file) recipe.files.set(file, content);
    else if (language === "sh") recipe.commands.push(...content.trim().split("\n"));
    else throw new Error(`A block of "${heading}" has neither a file's name nor commands: ${content.slice(0, 60)}`);
  }
  return recipe;
}
