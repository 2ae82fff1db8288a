package wire

// Type is the number of a column's type in messages.
type Type int32

const (
	Char        Type = 0
	Varchar2    Type = 1
	Varchar     Type = 2
	Bit         Type = 3
	TinyInt     Type = 5
	SmallInt    Type = 6
	Int         Type = 7
	BigInt      Type = 8
	Number      Type = 9 // DECIMAL, NUMERIC
	Real        Type = 10
	Double      Type = 11
	Blob        Type = 12
	Boolean     Type = 13
	Date        Type = 14
	Time        Type = 15
	DateTime    Type = 16
	Binary      Type = 17
	VarBinary   Type = 18
	Clob        Type = 19
	TimeTZ      Type = 22
	DateTimeTZ  Type = 23
	DateTime2   Type = 26 // with a scale of 7 to 9 digits
	DateTime2TZ Type = 27
	Null        Type = 28
)

// Large reports whether values of the type may be stored outside their row.
func (t Type) Large() bool { return t == Blob || t == Clob }

// Column describes a column of a result, or a parameter of a statement.
type Column struct {
	Type             Type
	Precision, Scale int32
	Nullable         bool
	Identity         bool
	Name             string // the label in the result
	TypeName         string
	Table            string
	TableID          int32 // of large objects
	Position         int16 // of large objects, in their table
}

// Flags of a column and of a parameter.
const (
	flagIdentity = 1
	flagLarge    = 2
)

// description writes the description of a column or parameter.
func (w *Writer) description(c Column, flags int16) {
	w.Int32(int32(c.Type))
	w.Int32(c.Precision)
	w.Int32(c.Scale)
	w.Int32(map[bool]int32{true: 1}[c.Nullable])
	if c.Type.Large() {
		flags |= flagLarge
	}
	w.Int16(flags)
	w.Bytes(make([]byte, 6)) // of a parameter: four bytes unknown, and 0 for "in"
	texts := []string{c.Name, c.TypeName, c.Table, ""}
	for _, s := range texts {
		w.Int16(int16(len(s)))
	}
	for _, s := range texts {
		w.Bytes([]byte(s))
	}
	if c.Type.Large() {
		w.Int32(c.TableID)
		w.Int16(c.Position)
	}
}

// Column writes the description of a column.
func (w *Writer) Column(c Column) {
	w.description(c, map[bool]int16{true: flagIdentity}[c.Identity])
}

// Parameter writes the description of a parameter. The client must send values of its type.
func (w *Writer) Parameter(c Column) { w.description(c, 0) }

// Column reads the description of a column or parameter.
func (r *Reader) Column() Column {
	c := Column{Type: Type(r.Int32()), Precision: r.Int32(), Scale: r.Int32(), Nullable: r.Int32() != 0}
	flags := r.Int16()
	c.Identity = flags&flagIdentity != 0
	r.Bytes(6)
	var lengths [4]int
	for i := range lengths {
		lengths[i] = int(uint16(r.Int16()))
	}
	for i, s := range []*string{&c.Name, &c.TypeName, &c.Table, new(string)} {
		*s = string(r.Bytes(lengths[i]))
	}
	if flags&flagLarge != 0 {
		c.TableID, c.Position = r.Int32(), r.Int16()
	}
	return c
}

// bindSize is the size in bytes of the description of a value.
const bindSize = 13

// Binds reads the descriptions of n values and returns their types.
func (r *Reader) Binds(n int) []Type {
	if n < 0 || n*bindSize > r.Len() {
		r.err = ErrShort
		return nil
	}
	types := make([]Type, n)
	for i := range types {
		r.Byte() // 0 in, 1 out, 2 both
		types[i] = Type(r.Int32())
		r.Int32() // precision
		r.Int32() // scale
	}
	return types
}

// Bind writes the description of a value.
func (w *Writer) Bind(t Type) {
	w.Byte(0)
	w.Int32(int32(t))
	w.Int32(0)
	w.Int32(0)
}
