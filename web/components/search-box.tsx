"use client";

/** The search field. It asks when somebody pauses, and at once on Enter. */
import { useEffect, useRef, useState } from "react";

const PAUSE_MS = 300;

interface Props {
  value: string;
  onSearch: (text: string) => void;
}

export function SearchBox({ value, onSearch }: Props) {
  const [text, setText] = useState(value);
  /** What this box has last said or been told, so that only Back or a cleared filter writes into it. */
  const agreed = useRef(value);

  useEffect(() => {
    if (value === agreed.current) return;
    agreed.current = value;
    setText(value);
  }, [value]);

  function search() {
    const wanted = text.trim();
    if (wanted === agreed.current) return;
    agreed.current = wanted;
    onSearch(wanted);
  }

  useEffect(() => {
    const timer = setTimeout(search, PAUSE_MS);
    return () => clearTimeout(timer);
  });

  return (
    <form
      role="search"
      className="search"
      method="post"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <label htmlFor="search" className="visually-hidden">
        Search tasks
      </label>
      <input id="search" type="search" autoComplete="off" placeholder="Search" value={text} onChange={(event) => setText(event.target.value)} />
    </form>
  );
}
