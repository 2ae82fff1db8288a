package plot

// style holds for light pages, and for dark ones where the reader's system asks for them. On paper it is light. The rules are for
// elements within an svg of the class plot alone, so that they change nothing else on a page.
const style = `
svg.plot{font:12px system-ui,"Noto Sans CJK SC","Microsoft YaHei","WenQuanYi Micro Hei",sans-serif;max-width:100%;height:auto}
svg.plot .page{fill:#fff}svg.plot text{fill:#333}svg.plot .title{font-size:14px;font-weight:600}
svg.plot .x{text-anchor:middle}svg.plot .y,svg.plot .end{text-anchor:end}svg.plot .grid{stroke:#e3e3e3}
svg.plot .rule{stroke:#666;stroke-dasharray:4 3}svg.plot .good{stroke:#17722b}svg.plot .bad{stroke:#b3261e}
svg.plot path{fill:none;stroke-width:2}svg.plot .dashed{stroke-dasharray:6 4}
svg.plot .c0{fill:#1f5fbf}svg.plot .c1{fill:#c2410c}svg.plot .c2{fill:#15803d}svg.plot .c3{fill:#7e22ce}
svg.plot .c4{fill:#0e7490}svg.plot .c5{fill:#be185d}svg.plot .c6{fill:#854d0e}svg.plot .c7{fill:#4b5563}
svg.plot .l0{stroke:#1f5fbf}svg.plot .l1{stroke:#c2410c}svg.plot .l2{stroke:#15803d}svg.plot .l3{stroke:#7e22ce}
svg.plot .l4{stroke:#0e7490}svg.plot .l5{stroke:#be185d}svg.plot .l6{stroke:#854d0e}svg.plot .l7{stroke:#4b5563}
@media screen and (prefers-color-scheme:dark){
svg.plot .page{fill:#16181c}svg.plot text{fill:#d8dbe0}svg.plot .grid{stroke:#33373d}svg.plot .rule{stroke:#a3adb8}svg.plot .good{stroke:#6fd397}svg.plot .bad{stroke:#ff8a80}
svg.plot .c0{fill:#7db1ff}svg.plot .c1{fill:#ff9a62}svg.plot .c2{fill:#6fdc8c}svg.plot .c3{fill:#d0a2ff}
svg.plot .c4{fill:#5fd4e6}svg.plot .c5{fill:#ff8fc0}svg.plot .c6{fill:#e6c36a}svg.plot .c7{fill:#b8bfc9}
svg.plot .l0{stroke:#7db1ff}svg.plot .l1{stroke:#ff9a62}svg.plot .l2{stroke:#6fdc8c}svg.plot .l3{stroke:#d0a2ff}
svg.plot .l4{stroke:#5fd4e6}svg.plot .l5{stroke:#ff8fc0}svg.plot .l6{stroke:#e6c36a}svg.plot .l7{stroke:#b8bfc9}
}`
