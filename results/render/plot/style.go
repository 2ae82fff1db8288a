package plot

// colours is how many colours there are for series.
const colours = 4

// style holds for light pages, and for dark ones where the reader's system asks for them. On paper it is light. The classes are
// those within an element of the class plot alone, so that they change nothing else on a page.
const style = `
.plot{font:12px system-ui,"Noto Sans CJK SC","Microsoft YaHei","WenQuanYi Micro Hei",sans-serif;max-width:100%;height:auto}
.plot .page{fill:#fff}.plot text{fill:#333}.plot .title{font-size:15px;font-weight:600}
.plot .x{text-anchor:middle}.plot .y,.plot .end{text-anchor:end}.plot .grid{stroke:#e3e3e3}
.plot path{fill:none;stroke-width:2}.plot .dashed{stroke-dasharray:6 4}
.plot .c0{fill:#1f5fbf}.plot .c1{fill:#c2410c}.plot .c2{fill:#15803d}.plot .c3{fill:#7e22ce}
.plot .l0{stroke:#1f5fbf}.plot .l1{stroke:#c2410c}.plot .l2{stroke:#15803d}.plot .l3{stroke:#7e22ce}
@media screen and (prefers-color-scheme:dark){
.plot .page{fill:#16181c}.plot text{fill:#d8dbe0}.plot .grid{stroke:#33373d}
.plot .c0{fill:#7db1ff}.plot .c1{fill:#ff9a62}.plot .c2{fill:#6fdc8c}.plot .c3{fill:#d0a2ff}
.plot .l0{stroke:#7db1ff}.plot .l1{stroke:#ff9a62}.plot .l2{stroke:#6fdc8c}.plot .l3{stroke:#d0a2ff}
}`
