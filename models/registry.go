package models

// Model is what is known beforehand about a model that has a name.
type Model struct {
	Name    string
	Family  string // "v1", the original BagNets, "v2", bagnetsv2, or that of a network to compare them with
	Patch   int    // side of a BagNet's patch in pixels, 0 for other networks
	Classes int
	// Preprocessing is written as in the metadata of a safetensors file.
	Preprocessing string
	License       string // of the weights, "" where none is stated
	Citation      string // of those who published the weights or the network, "" for this project's own
	Source        string // where the weights come from

	File   string // the weights' file name, "" where the user has to bring it
	URL    string // where they are published, "" if they cannot be downloaded
	SHA256 string // of the file: all its digits, or the first eight, which torch's convention puts into file names
	Size   int64  // of the file in bytes, 0 if not known beforehand
}

const (
	imageNetPreprocessing = `{"resize":256,"crop":224,"interpolation":"bilinear","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}`

	officialCitation = "W. Brendel and M. Bethge, Approximating CNNs with Bag-of-local-Features models works surprisingly well on ImageNet, ICLR 2019"
	officialSource   = "repository wielandbrendel/bag-of-local-features-models"
	officialBase     = "https://bitbucket.org/wielandbrendel/bag-of-feature-pretrained-models/raw/249e8fa82c0913623a807d9d35eeab9da7dcc2a8/"

	bagnetsv2Source = "repository berenslab/bagnetsv2"

	// Addresses are those in the authors' loaders: texture-vs-shape's
	// models/load_pretrained_models.py and model-vs-human's texture_shape_models.py.
	stylizedBase     = "https://bitbucket.org/robert_geirhos/texture-vs-shape-pretrained-models/raw/"
	stylizedSource   = "repository rgeirhos/texture-vs-shape; trained on Stylized-ImageNet"
	stylizedLicense  = "none is stated for the weights (the repository's CC BY 4.0 is for its stimuli)"
	stylizedCitation = "R. Geirhos, P. Rubisch, C. Michaelis, M. Bethge, F. Wichmann and W. Brendel, ImageNet-trained CNNs are biased towards texture; increasing shape bias improves accuracy and robustness, ICLR 2019"

	// Files and hashes are those in torchvision 0.14's models/*.py.
	torchvisionBase    = "https://download.pytorch.org/models/"
	torchvisionSource  = "torchvision, IMAGENET1K_V1"
	torchvisionLicense = "BSD-3-Clause (torchvision's; none is stated for the weights by themselves)"
)

// Registry returns the models that are known by name: first the embedded ones,
// then those that can be downloaded, BagNets first, then those whose file the
// user has to bring.
func Registry() []Model {
	return []Model{
		imagenette(DefaultName, 33, "9146630b93b99659e949bbaa9b13e66fc445670105c6fd31b41c2d404351d34b", 8360928),
		imagenette("bagnet17-imagenette", 17, "b472752c9fab03443c1109a8646b360d12a198959ede512f7c6ec1023e2160af", 7312352),
		imagenette("bagnet9-imagenette", 9, "0e9820dc51193834ed8f92161cefa386e950c59d0ff1088dc16efacf54fd686f", 7050200),
		official("bagnet9", 9, "bagnet8-34f4ccd2.pth.tar", "34f4ccd2"),
		official("bagnet17", 17, "bagnet16-105524de.pth.tar", "105524de"),
		official("bagnet33", 33, "bagnet32-2ddd53ed.pth.tar", "2ddd53ed"),
		torchvision("resnet18", "resnet", "resnet18-f37072fd.pth", "f37072fd"),
		torchvision("resnet34", "resnet", "resnet34-b627a593.pth", "b627a593"),
		torchvision("resnet50", "resnet", "resnet50-0676ba61.pth", "0676ba61"),
		torchvision("resnet101", "resnet", "resnet101-63fe2227.pth", "63fe2227"),
		torchvision("resnet152", "resnet", "resnet152-394f9c45.pth", "394f9c45"),
		torchvision("wide_resnet50_2", "resnet", "wide_resnet50_2-95faca4d.pth", "95faca4d"),
		torchvision("wide_resnet101_2", "resnet", "wide_resnet101_2-32ee1156.pth", "32ee1156"),
		torchvision("vgg11", "vgg", "vgg11-8a719046.pth", "8a719046"),
		torchvision("vgg13", "vgg", "vgg13-19584684.pth", "19584684"),
		torchvision("vgg16", "vgg", "vgg16-397923af.pth", "397923af"),
		torchvision("vgg19", "vgg", "vgg19-dcbb9e9d.pth", "dcbb9e9d"),
		torchvision("vgg11_bn", "vgg_bn", "vgg11_bn-6002323d.pth", "6002323d"),
		torchvision("vgg13_bn", "vgg_bn", "vgg13_bn-abd245e5.pth", "abd245e5"),
		torchvision("vgg16_bn", "vgg_bn", "vgg16_bn-6c64b313.pth", "6c64b313"),
		torchvision("vgg19_bn", "vgg_bn", "vgg19_bn-c79401a0.pth", "c79401a0"),
		torchvision("densenet121", "densenet", "densenet121-a639ec97.pth", "a639ec97"),
		torchvision("densenet161", "densenet", "densenet161-8d451a50.pth", "8d451a50"),
		torchvision("densenet169", "densenet", "densenet169-b2777c0a.pth", "b2777c0a"),
		torchvision("densenet201", "densenet", "densenet201-c1103571.pth", "c1103571"),
		torchvision("alexnet", "alexnet", "alexnet-owt-7be5be79.pth", "7be5be79"),
		stylized("resnet50-sin", "resnet", "6f41d2e86fc60566f78de64ecff35cc61eb6436f", "resnet50_train_60_epochs-c8e5653e.pth.tar", "c8e5653e"),
		stylized("resnet50-sin-in", "resnet", "60b770e128fffcbd8562a3ab3546c1a735432d03", "resnet50_train_45_epochs_combined_IN_SF-2a0d100e.pth.tar", "2a0d100e"),
		stylized("resnet50-sin-in-tuned", "resnet", "60b770e128fffcbd8562a3ab3546c1a735432d03",
			"resnet50_finetune_60_epochs_lr_decay_after_30_start_resnet50_train_45_epochs_combined_IN_SF-ca06340c.pth.tar", "ca06340c"),
		stylized("vgg16-sin", "vgg", "0008049cd10f74a944c6d5e90d4639927f8620ae", "vgg16_train_60_epochs_lr0.01-6c6fcc9f.pth.tar", "6c6fcc9f"),
		stylized("alexnet-sin", "alexnet", "0008049cd10f74a944c6d5e90d4639927f8620ae", "alexnet_train_60_epochs_lr0.001-b4aa5238.pth.tar", "b4aa5238"),
		bagnetsv2("bagnet9-v2", 9),
		bagnetsv2("bagnet17-v2", 17),
		bagnetsv2("bagnet33-v2", 33),
	}
}

// imagenette is one of this project's own models, which are embedded.
func imagenette(name string, patch int, sha256 string, size int64) Model {
	return Model{
		Name: name, Family: "v1", Patch: patch, Classes: 10,
		Preprocessing: `{"resize":160,"crop":160,"interpolation":"bilinear","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}`,
		License:       "MIT", Source: "trained on Imagenette's training photographs by scripts/train_imagenette_gpu.py",
		File: name + ".safetensors", SHA256: sha256, Size: size,
	}
}

// official is one of the original authors' models, trained on ImageNet.
func official(name string, patch int, file, sha256 string) Model {
	return Model{
		Name: name, Family: "v1", Patch: patch, Classes: 1000, Preprocessing: imageNetPreprocessing,
		License: "MIT", Citation: officialCitation, Source: officialSource,
		File: file, URL: officialBase + file, SHA256: sha256,
	}
}

// bagnetsv2 is one of the models trained anew with padded convolutions. No
// licence is stated for their weights, so this program does not fetch them.
func bagnetsv2(name string, patch int) Model {
	return Model{
		Name: name, Family: "v2", Patch: patch, Classes: 1000, Preprocessing: imageNetPreprocessing,
		Source: bagnetsv2Source,
	}
}

// torchvision is one of the networks that BagNets are compared with, with the
// weights that torchvision calls IMAGENET1K_V1.
func torchvision(name, family, file, sha256 string) Model {
	return Model{
		Name: name, Family: family, Classes: 1000, Preprocessing: imageNetPreprocessing,
		License: torchvisionLicense, Citation: torchvisionCitations[family], Source: torchvisionSource,
		File: file, URL: torchvisionBase + file, SHA256: sha256,
	}
}

// stylized is one of the networks that the authors of the paper on texture bias trained on
// Stylized-ImageNet: resnet50-sin on it alone, -sin-in on ImageNet too, -tuned then on
// ImageNet again. Their own loader asks to fetch VGG-16's file by hand, as it is large.
func stylized(name, family, commit, file, sha256 string) Model {
	return Model{
		Name: name, Family: family, Classes: 1000, Preprocessing: imageNetPreprocessing,
		License: stylizedLicense, Citation: stylizedCitation, Source: stylizedSource,
		File: file, URL: stylizedBase + commit + "/" + file, SHA256: sha256,
	}
}

// torchvisionCitations name the publications of the families.
var torchvisionCitations = map[string]string{
	"resnet":   "K. He, X. Zhang, S. Ren and J. Sun, Deep Residual Learning for Image Recognition, CVPR 2016",
	"vgg":      vggCitation,
	"vgg_bn":   vggCitation,
	"densenet": "G. Huang, Z. Liu, L. van der Maaten and K. Q. Weinberger, Densely Connected Convolutional Networks, CVPR 2017",
	"alexnet":  "A. Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997, 2014",
}

const vggCitation = "K. Simonyan and A. Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015"
