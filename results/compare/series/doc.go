// Package series holds measured values in the order in which they are compared: by benchmark, by column, by round. They come
// from run directories and from files in the Go benchmark format, any number of them, and take eight bytes each. The path of
// one value, from a file or a run to its cell:
//
//	file "BenchmarkSM3-8  100  10.5 ns/op"              run directory, or samples just measured
//	        |                                                    |
//	benchtext.Decode    UTF-16 becomes UTF-8                     |
//	benchtext.Lines     without colour, time, JSON events        |
//	        |                                                    |
//	   .----+--------------.                                     |
//	quick (quick.go)    benchfmt, then result (reader.go)    sampled (run.go)
//	a line like one     any other line                           |
//	before                 |                                     |
//	   '----+--------------'-------------------------------------'
//	        |
//	addLine (linegroup.go)    consecutive lines of the same benchmarks: a group
//	        |
//	endGroup                  a group of 4 lines or more becomes a chunk per benchmark; fewer go to scratch
//	        |
//	endWindow                 scratch is sorted by benchmark (part.go): a chunk is the ascending values of one
//	        |                 benchmark and one origin
//	        part              everything from one input; one worker reads it
//	        |
//	assemble (assemble.go)    drops the number of processors from names, finds column, round and row of each chunk
//	        |
//	fill (fill.go)            each worker puts the chunks of its share of rows into cells
//	        |
//	Set -> Row -> Cell -> Rounds[round][value]
package series
