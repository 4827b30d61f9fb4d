namespace LoginEtl.Report;

/// <summary>How the pages look. Without &gt;, &lt; and &amp;: what is raw to HTML is encoded to XML.</summary>
internal static class PageStyle
{
    public const string Text =
        """

        :root { color-scheme: light dark; --ink: #1b2330; --soft: #536073; --line: #d9dee6; --page: #f5f6f8; --card: #ffffff; --bar: #1f56a0; --pale: #6b96cf; --good: #1a6b3c; --warn: #805000; --bad: #b3261e; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a6b0be; --line: #343c48; --page: #13171d; --card: #1b2129; --bar: #7fb2ee; --pale: #4f78a8; --good: #6cc794; --warn: #e5b25d; --bad: #f59a92; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
        main, footer { max-width: 66rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0 .5rem; }
        h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.25rem 0 .6rem; }
        h3 { font-size: 1rem; margin: 0 0 .5rem; }
        p { margin: .3rem 0; max-width: 46rem; }
        code { font: .85em ui-monospace, "Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace; white-space: nowrap; }
        .whole { white-space: nowrap; }
        .note { color: var(--soft); font-size: .875rem; }
        .state { font-weight: 600; padding-left: .75rem; border-left: .3rem solid currentColor; }
        .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
        .tiles div, .card, .advice { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
        .tiles div { padding: .6rem .9rem; }
        .tiles dt { color: var(--soft); font-size: .875rem; }
        .tiles dd { margin: 0; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
        @media (max-width: 30rem) { .tiles div { padding: .5rem .7rem; } .tiles dd { font-size: 1.25rem; } .tiles div:last-child:nth-child(odd) { grid-column: 1 / -1; } }
        .advice { list-style: none; margin: 0; padding: 0; }
        .advice li { padding: .6rem .9rem; border-top: 1px solid var(--line); color: var(--ink); }
        .advice li:first-child { border-top: 0; }
        .advice .bad strong { color: var(--bad); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: .75rem; margin-top: .75rem; align-items: start; }
        .card { margin: 0; padding: .9rem; min-width: 0; }
        table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
        th, td { text-align: left; vertical-align: top; padding: .3rem 0 .3rem .9rem; font-weight: 400; }
        th:first-child, td:first-child { padding-left: 0; }
        thead th { color: var(--soft); font-size: .8125rem; border-bottom: 1px solid var(--line); }
        .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        .counts .number { width: 4.5rem; }
        .ours { color: var(--soft); font-style: italic; }
        .track { display: block; height: .375rem; margin-top: .15rem; border-radius: .2rem; background: var(--line); overflow: hidden; }
        .bar { display: block; height: 100%; background: var(--bar); }
        .track, .bar, .key { print-color-adjust: exact; }
        .tokens code { white-space: normal; }
        .tokens tbody tr + tr th, .tokens tbody tr + tr td { border-top: 1px solid var(--line); }
        .plot { position: relative; }
        .plot svg { display: block; width: 100%; height: 8rem; overflow: visible; }
        .plot .top { display: block; color: var(--soft); font-size: .8125rem; font-variant-numeric: tabular-nums; }
        .plot line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
        .full { fill: var(--bar); } .pale { fill: var(--pale); }
        .axis { display: flex; justify-content: space-between; gap: .5rem; color: var(--soft); font-size: .8125rem; font-variant-numeric: tabular-nums; margin-top: .2rem; }
        .legend { margin: -.4rem 0 .4rem; }
        .key { display: inline-block; width: .75rem; height: .75rem; border-radius: .15rem; background: var(--bar); vertical-align: -.05rem; margin-right: .15rem; }
        .key.pale { background: var(--pale); margin-left: .6rem; }
        details { margin-top: .6rem; font-size: .875rem; }
        summary { cursor: pointer; color: var(--soft); padding: .25rem 0; }
        summary:focus-visible, .scroll:focus-visible { outline: .15rem solid var(--bar); outline-offset: .15rem; }
        .scroll { overflow: auto; }
        .low { max-height: 26rem; }
        .scroll th, .scroll td { white-space: nowrap; font-variant-numeric: tabular-nums; }
        footer { border-top: 1px solid var(--line); margin-top: 2rem; }

        """;
}
