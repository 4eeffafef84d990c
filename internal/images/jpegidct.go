package images

// Constants of libjpeg's accurate integer inverse DCT (jidctint.c, after
// Loeffler, Ligtenberg and Moschytz, 1989), scaled by 1<<dctBits.
const (
	dctBits  = 13
	passBits = 2 // kept in addition between the two passes

	fix0_298631336 = 2446
	fix0_390180644 = 3196
	fix0_541196100 = 4433
	fix0_765366865 = 6270
	fix0_899976223 = 7373
	fix1_175875602 = 9633
	fix1_501321110 = 12299
	fix1_847759065 = 15137
	fix1_961570560 = 16069
	fix2_053119869 = 16819
	fix2_562915447 = 20995
	fix3_072711026 = 25172
)

// inverseDCT writes the 8 x 8 samples of the dequantised coefficients b, in
// natural order, to dst, whose rows are stride apart. It overwrites b.
func inverseDCT(dst []byte, stride int, b *[64]int32) {
	for x := range 8 {
		inverseDCT8(b, x, 8, dctBits-passBits)
	}
	for y := range 8 {
		inverseDCT8(b, 8*y, 1, dctBits+passBits+3)
		row := dst[y*stride:][:8]
		for x := range row {
			row[x] = clamp(b[8*y+x] + 128)
		}
	}
}

// inverseDCT8 transforms the eight values at, at+step, ... and divides them by
// 1<<shift, rounded.
func inverseDCT8(b *[64]int32, at, step int, shift uint) {
	in := func(i int) int32 { return b[(at+i*step)&63] }
	// Even part.
	z2, z3 := in(2), in(6)
	z1 := (z2 + z3) * fix0_541196100
	t2, t3 := z1-z3*fix1_847759065, z1+z2*fix0_765366865
	z2, z3 = in(0), in(4)
	t0, t1 := (z2+z3)<<dctBits, (z2-z3)<<dctBits
	t10, t13, t11, t12 := t0+t3, t0-t3, t1+t2, t1-t2
	// Odd part.
	t0, t1, t2, t3 = in(7), in(5), in(3), in(1)
	z1, z2, z3 = t0+t3, t1+t2, t0+t2
	z4 := t1 + t3
	z5 := (z3 + z4) * fix1_175875602
	z1, z2 = -z1*fix0_899976223, -z2*fix2_562915447
	z3, z4 = z5-z3*fix1_961570560, z5-z4*fix0_390180644
	t0 = t0*fix0_298631336 + z1 + z3
	t1 = t1*fix2_053119869 + z2 + z4
	t2 = t2*fix3_072711026 + z2 + z3
	t3 = t3*fix1_501321110 + z1 + z4
	half := int32(1) << (shift - 1)
	out := func(i int, v int32) { b[(at+i*step)&63] = (v + half) >> shift }
	out(0, t10+t3)
	out(7, t10-t3)
	out(1, t11+t2)
	out(6, t11-t2)
	out(2, t12+t1)
	out(5, t12-t1)
	out(3, t13+t0)
	out(4, t13-t0)
}
