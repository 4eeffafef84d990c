package main

import (
	"image"
	"math"

	"github.com/disintegration/imaging"
)

// The world: the ball has radius 1 and stands at the origin, y points up, z away from the camera. The lawn's soil is
// y = 0; the ball has sunk into it a little.
var (
	ballCentre = vec{0, 0.93, 0}
	sun        = vec{-0.62, 0.62, -0.48}.unit() // towards the light: high on the left, behind the camera's shoulder
)

// vec is a point, a direction or a linear RGB colour.
type vec struct{ x, y, z float64 }

func (a vec) add(b vec) vec            { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) sub(b vec) vec            { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vec) mul(b vec) vec            { return vec{a.x * b.x, a.y * b.y, a.z * b.z} }
func (a vec) scale(s float64) vec      { return vec{a.x * s, a.y * s, a.z * s} }
func (a vec) dot(b vec) float64        { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) length() float64          { return math.Sqrt(a.dot(a)) }
func (a vec) unit() vec                { return a.scale(1 / a.length()) }
func (a vec) cross(b vec) vec          { return vec{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x} }
func mix(a, b vec, t float64) vec      { return a.scale(1 - t).add(b.scale(t)) }
func clamp(v, low, hi float64) float64 { return math.Max(low, math.Min(hi, v)) }

// smoothstep is 0 below low, 1 above hi, with no corner between (3t^2-2t^3).
func smoothstep(low, hi, v float64) float64 {
	t := clamp((v-low)/(hi-low), 0, 1)
	return t * t * (3 - 2*t)
}

// sunlight returns the share of the sun's disc seen from p past the ball, 0 to 1.
func sunlight(p vec) float64 {
	toBall := ballCentre.sub(p)
	along := toBall.dot(sun)
	if along < 0 {
		return 1
	}
	miss := toBall.sub(sun.scale(along)).length()
	penumbra := 0.06 + 0.10*along
	return smoothstep(1-penumbra, 1+penumbra, miss)
}

// skylight returns how bright the sky is at p with the ball in the way, 0.4 (touching it: the white ball itself gives
// light) to 1. A sphere of radius 1 at distance d hides 1-sqrt(1-1/d^2) of a hemisphere.
func skylight(p vec) float64 {
	d := math.Max(1, p.sub(ballCentre).length())
	return 0.4 + 0.6*math.Sqrt(1-1/(d*d))
}

// camera is a pinhole that looks at the ball from a little above the grass.
type camera struct {
	eye, right, up, ahead vec
	focal, centre         float64 // canvas pixels
}

// A view is where a camera stands and what it looks at.
type view struct{ eye, at vec }

// views are the ways to see the ball; the first is that of docs/golf-ball.png.
var views = []view{
	{vec{0, 2.15, -7}, vec{0, 0.88, 0}},
	{vec{-2.6, 1.7, -5.2}, vec{-0.55, 1.1, 0}},
	{vec{2.2, 3.6, -9.5}, vec{0.8, 0.5, 0}},
	{vec{0.6, 1.3, -4.6}, vec{0.35, 0.8, 0}},
	{vec{-1.2, 2.6, -7.5}, vec{0.7, 1.3, 0}},
}

func newCamera(n int, v view) camera {
	eye := v.eye
	ahead := v.at.sub(eye).unit()
	right := vec{0, 1, 0}.cross(ahead).unit()
	return camera{eye, right, ahead.cross(right), ahead, 2.35 * float64(n), float64(n) / 2}
}

// project returns where p lies on the canvas and how many pixels a unit of length has there.
func (c camera) project(p vec) (x, y, unit float64) {
	d := p.sub(c.eye)
	unit = c.focal / d.dot(c.ahead)
	return c.centre + d.dot(c.right)*unit, c.centre - d.dot(c.up)*unit, unit
}

// ray returns the unit direction through a canvas pixel.
func (c camera) ray(x, y float64) vec {
	return c.ahead.add(c.right.scale((x - c.centre) / c.focal)).add(c.up.scale((c.centre - y) / c.focal)).unit()
}

// canvas is a square of n x n linear RGB pixels.
type canvas struct {
	n      int
	pixels []vec
}

func newCanvas(n int) *canvas { return &canvas{n, make([]vec, n*n)} }

func (c *canvas) set(x, y int, colour vec) {
	if x >= 0 && y >= 0 && x < c.n && y < c.n {
		c.pixels[y*c.n+x] = colour
	}
}

// image returns the canvas as 8-bit sRGB (gamma 2.2).
func (c *canvas) image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, c.n, c.n))
	for i, p := range c.pixels {
		for j, v := range [3]float64{p.x, p.y, p.z} {
			img.Pix[4*i+j] = uint8(255*math.Pow(clamp(v, 0, 1), 1/2.2) + 0.5)
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// blur blurs all that has been drawn so far; sigma is in canvas pixels.
func (c *canvas) blur(sigma float64) {
	img := imaging.Blur(c.image(), sigma)
	for i := range c.pixels {
		channel := func(j int) float64 { return math.Pow(float64(img.Pix[4*i+j])/255, 2.2) }
		c.pixels[i] = vec{channel(0), channel(1), channel(2)}
	}
}
