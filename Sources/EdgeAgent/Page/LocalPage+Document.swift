// The page's own files: text, small, and in the program, because what shows an emergency may depend on nothing else.
extension LocalPage {
    static let document = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Quai</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/page.css">
        <script type="module" src="/page.js"></script>
        </head>
        <body>
        <header><b id="agent">Quai</b><span id="site"></span><button id="language" type="button"></button></header>
        <main>
        <section id="say" data-level="wait"><span id="sign" aria-hidden="true">…</span>
        <div><h1 id="head"></h1><p id="text"></p></div></section>
        <p id="spoken" role="status"></p>
        <form id="form" hidden><label for="scan" id="scan-label"></label>
        <div><input id="scan" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="1000"><select id="zone"></select>
        <button id="send"></button></div><p id="said" role="status"></p></form>
        <dl id="facts"></dl>
        <section><h2 id="goods-title" hidden></h2><p id="goods-note"></p><div id="goods"></div></section>
        <form id="decide" hidden aria-labelledby="decide-title"><h2 id="decide-title" tabindex="-1"></h2><div id="decide-fields"></div>
        <div class="row"><button id="decide-send"></button><button id="decide-leave" type="button"></button></div><p id="decide-said" role="status"></p></form>
        <section><h2 id="devices-title"></h2><ul id="devices"></ul></section>
        <section><h2 id="reads-title"></h2><ol id="reads"></ol></section>
        </main>
        <noscript><p>JavaScript is needed here. JavaScript est nécessaire ici.</p></noscript>
        </body>
        </html>

        """#

    static let style = #"""
        :root { --ground: #f3f5f4; --paper: #fff; --ink: #14201f; --soft: #4e5d5c; --line: #d5dcdb;
          --good: #0f7a3d; --calm: #1d4fb8; --wait: #8a5200; --alarm: #b3261e; color-scheme: light dark;
          font: 16px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
        @media (prefers-color-scheme: dark) { :root { --ground: #0f1615; --paper: #18211f; --ink: #eaf1ef; --soft: #a9b8b5;
          --line: #2f3b39; --good: #0d6b36; --calm: #2450a8; --wait: #8a5200; --alarm: #b3261e; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); }
        h1, h2, p, ul, ol, dl, dd { margin: 0; padding: 0; }
        header { display: flex; gap: 10px; align-items: center; padding: 8px 16px; background: var(--paper);
          border-bottom: 1px solid var(--line); }
        #site { color: var(--soft); } #agent, #site { overflow-wrap: anywhere; }
        button { font: inherit; font-weight: 600; margin-left: auto; min-height: 44px; padding: 8px 14px; cursor: pointer;
          border: 1px solid var(--line); border-radius: 10px; background: var(--paper); color: var(--ink); }
        #form label { font-weight: 600; } #form div { display: flex; flex-wrap: wrap; gap: 8px; } #form button { margin: 0; }
        input, select { font: inherit; min-height: 44px; padding: 8px 12px; border: 1px solid var(--soft); border-radius: 10px;
          background: var(--paper); color: var(--ink); } input { flex: 1 1 180px; min-width: 0; } li button { margin-left: 0; }
        #said:not(:empty) { margin-top: 6px; font-weight: 700; } #said.bad { background: var(--alarm); color: #fff; padding: 6px 12px; }
        #decide { background: var(--paper); border: 2px solid var(--calm); border-radius: 14px; padding: 14px; display: grid; gap: 10px; }
        #decide[hidden] { display: none; } #decide h2 { margin: 0; } #decide button { margin: 0; } .row { display: flex; flex-wrap: wrap; gap: 8px; }
        #decide-fields { display: grid; gap: 10px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr)); }
        #decide label { display: grid; gap: 4px; font-weight: 600; align-content: start; } #decide label[hidden] { display: none; } #decide select { width: 100%; }
        #decide-said:not(:empty) { font-weight: 700; } #decide-said.bad { background: var(--alarm); color: #fff; padding: 6px 12px; }
        article > button { margin: 0; justify-self: start; } .kept { border: 1px dashed var(--soft); }
        :focus-visible { outline: 3px solid; outline-offset: 2px; }
        #spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        main { display: grid; gap: 16px; max-width: 1100px; margin: 0 auto; padding: 16px; }
        main > * { min-width: 0; }
        #say { display: flex; gap: 18px; align-items: center; padding: 20px; border-radius: 14px; color: #fff;
          background: var(--wait); }
        #say[data-level=good] { background: var(--good); } #say[data-level=calm] { background: var(--calm); }
        #say[data-level=alarm] { background: var(--alarm); border-radius: 0; }
        #sign { flex: none; width: 1.6em; height: 1.6em; border: .12em solid; border-radius: 50%; display: grid;
          place-items: center; font-size: clamp(1.6rem, 7vw, 3rem); font-weight: 700; }
        [data-level=alarm] #sign { border-radius: 0; }
        #head { font-size: clamp(1.5rem, 6vw, 2.8rem); line-height: 1.15; overflow-wrap: break-word; }
        #text { margin-top: 6px; font-size: 1.1rem; }
        dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; }
        dl div, li { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px; }
        dt { color: var(--soft); font-size: .9rem; }
        dd { font-size: clamp(1.1rem, 4.5vw, 1.6rem); font-weight: 700; font-variant-numeric: tabular-nums;
          overflow-wrap: anywhere; }
        h2 { font-size: 1.15rem; margin-bottom: 8px; } h3 { margin: 0; overflow-wrap: anywhere; }
        #goods { display: grid; gap: 12px; } #goods-note { color: var(--soft); margin-bottom: 8px; }
        article { background: var(--paper); border: 2px solid var(--line); border-radius: 14px; padding: 14px; display: grid; gap: 8px; }
        .sum { font-size: clamp(2rem, 12vw, 4rem); font-weight: 700; line-height: 1; font-variant-numeric: tabular-nums; }
        progress { width: 100%; height: 14px; accent-color: var(--good); }
        ul, ol { list-style: none; display: grid; gap: 6px; }
        li { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: baseline; }
        li b { overflow-wrap: anywhere; min-width: 0; } li time { font-variant-numeric: tabular-nums; }
        li span, li time { color: var(--soft); } li .end { margin-left: auto; }
        li .mark { font-weight: 700; color: var(--ink); }
        li p { flex-basis: 100%; overflow-wrap: anywhere; }
        li.bad { border: 2px solid var(--alarm); } li.bad .mark { background: var(--alarm); color: #fff; padding: 0 6px; }
        li.new { animation: new 1.5s; } @keyframes new { from { border-color: var(--calm); background: var(--line); } }
        @media (prefers-reduced-motion: reduce) { li.new { animation: none; } }
        @media (min-width: 900px) { #devices { grid-template-columns: 1fr 1fr; } }

        """#
}
