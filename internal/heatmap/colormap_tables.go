package heatmap

// Points of the colour maps, evenly spaced, six hexadecimal digits of sRGB each.
const (
	// The four diverging maps and Greys are the widest schemes of ColorBrewer: M. Harrower, C. A. Brewer,
	// "ColorBrewer.org", The Cartographic Journal 40 (2003). This product includes color specifications and
	// designs developed by Cynthia Brewer (http://colorbrewer.org/).
	rdBu  = `67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061`
	puOr  = `7f3b08 b35806 e08214 fdb863 fee0b6 f7f7f7 d8daeb b2abd2 8073ac 542788 2d004b`
	prGn  = `40004b 762a83 9970ab c2a5cf e7d4e8 f7f7f7 d9f0d3 a6dba0 5aae61 1b7837 00441b`
	brBG  = `543005 8c510a bf812d dfc27d f6e8c3 f5f5f5 c7eae5 80cdc1 35978f 01665e 003c30`
	greys = `ffffff f0f0f0 d9d9d9 bdbdbd 969696 737373 525252 252525 000000`

	// Another of ColorBrewer's, for shares: white to blue, in print light to dark. It is not among the maps by name.
	blues = `f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b`

	// K. Moreland, "Diverging Color Maps for Scientific Visualization" (2009): the 33 points of his table.
	coolwarm = `
		3b4cc0 445acc 4d68d7 5775e1 6282ea 6c8ef1 779af7 82a5fb 8db0fe 98b9ff a3c2ff aec9fd b8d0f9 c2d5f4 ccd9ee d5dbe6
		dddddd
		e5d8d1 ecd3c5 f1ccb9 f5c4ad f7bba0 f7b194 f7a687 f49a7b f18d6f ec7f63 e57058 de604d d55042 cb3e38 c0282f b40426`

	// Every third of matplotlib's 256 colours: S. van der Walt, N. Smith and E. Firing's option D, A, B and C
	// (2015, CC0), and cividis: J. R. Nunez, C. R. Anderton, R. S. Renslow, PLoS ONE 13 (2018). The colours
	// left out differ from the interpolated ones by 1 level of 255 at most, 2 in cividis.
	viridis = `
		440154 450559 460a5d 470e61 471365 481769 481b6d 481f70 482374 482677 472a7a 472e7c 46327e 453581 443983 433d84
		424086 414487 3f4788 3e4a89 3d4e8a 3b518b 3a548c 38588c 375b8d 355e8d 34618d 32648e 31678e 306a8e 2e6d8e 2d708e
		2c728e 2b758e 2a788e 297b8e 277e8e 26818e 25838e 24868e 23898e 228c8d 218f8d 20928c 1f948c 1f978b 1f9a8a 1e9d89
		1fa088 1fa287 21a585 22a884 25ab82 27ad81 2ab07f 2eb37c 32b67a 37b878 3bbb75 40bd72 46c06f 4cc26c 52c569 58c765
		5ec962 65cb5e 6ccd5a 73d056 7ad151 81d34d 89d548 90d743 98d83e a0da39 a8db34 b0dd2f b8de29 c0df25 c8e020 d0e11c
		d8e219 dfe318 e7e419 efe51c f6e620 fde725`
	magma = `
		000004 010108 02020d 040414 06051a 090720 0c0926 100b2d 130d34 160f3b 1a1042 1e1149 221150 271258 2c115f 311165
		36106b 3b0f70 400f74 451077 4a1079 4f127b 54137d 59157e 5d177f 621980 671b80 6b1d81 701f81 752181 792282 7e2482
		832681 882781 8c2981 912b81 962c80 9b2e7f a02f7f a5317e aa337d ae347b b3367a b83779 bd3977 c23b75 c73d73 cc3f71
		d0416f d5446d d9466b de4968 e24d66 e55064 e95462 ec5860 ef5d5e f2625d f4675c f66c5c f7725c f9785d fa7d5e fb835f
		fc8961 fc8e64 fd9467 fd9a6a fe9f6d fea571 feaa74 feb078 feb67c febb81 fec185 fec68a fecc8f fed194 fed799 fddc9e
		fde2a3 fde7a9 fcecae fcf2b4 fcf7b9 fcfdbf`
	inferno = `
		000004 010108 02020e 040314 07051b 0a0722 0d0829 110a30 150b37 190c3e 1e0c45 230c4c 280b53 2d0b59 320a5e 380962
		3d0965 420a68 470b6a 4c0c6b 510e6c 550f6d 5a116e 5f136e 64156e 69166e 6d186e 721a6e 771c6d 7c1d6d 801f6c 85216b
		8a226a 8f2469 932667 982766 9d2964 a22b62 a62d60 ab2f5e b0315b b43359 b93556 bd3853 c13a50 c63d4d ca404a ce4347
		d24644 d54a41 d94d3d dd513a e05536 e35933 e65d2f e9612b eb6628 ee6a24 f06f20 f2741c f47918 f67e14 f78410 f8890c
		f98e09 fa9407 fb9906 fc9f07 fca50a fcaa0f fcb014 fbb61a fbbc21 fac228 f9c72f f8cd37 f7d340 f5d949 f4df53 f3e55d
		f2ea69 f1ef75 f2f482 f4f88e f8fb9a fcffa4`
	plasma = `
		0d0887 16078a 1d068e 240691 2a0593 2f0596 350498 3a049a 3f049c 44039e 4903a0 4e02a2 5302a3 5801a4 5c01a6 6100a7
		6600a7 6a00a8 6f00a8 7401a8 7801a8 7d03a8 8104a7 8606a6 8a09a5 8e0ca4 920fa3 9613a1 9a169f 9e199d a21d9a a62098
		aa2395 ad2793 b12a90 b42e8d b7318a bb3488 be3885 c13b82 c43e7f c7427c ca457a cc4977 cf4c74 d24f71 d5536f d7566c
		da5a6a dc5d67 de6164 e16462 e3685f e56b5d e76f5a e97257 eb7655 ed7a52 ef7e50 f1814d f3854b f48948 f68d45 f79143
		f89540 f99a3e fa9e3b fba238 fca636 fdab33 fdaf31 fdb42f feb82c febd2a fdc229 fdc627 fdcb26 fcd025 fbd524 fada24
		f8df25 f7e425 f5e926 f3ee27 f1f426 f0f921`
	cividis = `
		00224e 002553 002758 00295d 002b62 002d68 002f6d 003170 053371 0f3570 163770 1c396f 213b6e 263d6e 2a3f6d 2e416d
		32436d 35456c 39486c 3c4a6c 3f4c6c 424e6c 45506c 48526c 4b546c 4e566c 51586d 545a6d 565c6d 595e6e 5c616e 5e636f
		61656f 646770 666970 696b71 6c6d72 6e6f73 717274 737475 767676 787877 7b7a78 7e7c78 807f78 838179 868379 898578
		8c8878 8f8a78 928c78 948e77 979177 9a9376 9d9576 a09875 a39a74 a69c74 a99f73 aca172 afa471 b3a670 b6a96f b9ab6d
		bcae6c bfb06b c2b369 c5b568 c8b866 ccba64 cfbd62 d2c060 d5c25e d9c55c dcc859 dfca57 e2cd54 e6d051 e9d34e edd54a
		f0d846 f3db42 f7de3e fbe138 fee434 fee838`
)
