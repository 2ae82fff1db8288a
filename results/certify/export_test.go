package certify

// For the tests outside the package, which also publish what they forge.
var Predicate = predicate

const (
	ManifestFile = manifestFile
	SealFile     = sealFile
	JournalFile  = journalFile
	ProfileFile  = profileFile
	WaiversFile  = waiversFile
	ChainFile    = chainFile
	HTMLFile     = htmlFile
	PDFFile      = pdfFile
	MarkdownFile = markdownFile
	JUnitFile    = junitFile
	BenchFile    = benchFile
	CSVFile      = csvFile
	WorkbookFile = workbookFile
)
