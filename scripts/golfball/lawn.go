package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// blade is one blade of grass: a curve from foot by way of a bend to a tip, narrowing on its way.
type blade struct {
	foot   vec
	lean   vec     // from the foot to the tip
	width  float64 // at the foot
	colour vec
}

// drawBackground fills the canvas with soil below the horizon and with hedges and sky above it.
func drawBackground(c *canvas, view camera) {
	for y := range c.n {
		for x := range c.n {
			ray := view.ray(float64(x)+0.5, float64(y)+0.5)
			if ray.y > -0.012 {
				c.set(x, y, horizon(ray))
				continue
			}
			p := view.eye.add(ray.scale(-view.eye.y / ray.y))
			tint := mix(vec{0.025, 0.055, 0.012}, vec{0.06, 0.12, 0.025}, noise(p.x*0.6, p.z*0.6))
			far := smoothstep(10, 40, p.z)
			c.set(x, y, mix(tint, vec{0.09, 0.20, 0.04}, far).scale(0.3+0.7*sunlight(p)))
		}
	}
}

// horizon returns the colour of the trees along ray, with the sky between their leaves.
func horizon(ray vec) vec {
	leaves := 0.6*noise(ray.x*32, ray.y*32+7) + 0.4*noise(ray.x*80, ray.y*80+3)
	trees := mix(vec{0.012, 0.035, 0.012}, vec{0.10, 0.20, 0.05}, leaves)
	gap := smoothstep(0.52, 0.72, leaves) * smoothstep(-0.005, 0.03, ray.y)
	return mix(trees, vec{0.62, 0.76, 0.88}, gap)
}

// sow returns the lawn's blades from far to near.
func sow(rng *rand.Rand) []blade {
	var blades []blade
	for range 52000 {
		z := -4.6 + 34*math.Pow(rng.Float64(), 1.8)
		x := (rng.Float64() - 0.5) * 2 * (1.2 + 0.27*(z+7))
		if x*x+z*z < 0.30 { // under the ball
			continue
		}
		height := 0.30 + 0.28*rng.Float64() + 0.12*noise(x*1.3, z*1.3)
		direction := 2*math.Pi*rng.Float64() + 0.8*noise(x*0.5, z*0.5)
		bend := height * (0.15 + 0.75*rng.Float64())
		s, c := math.Sincos(direction)
		green := mix(vec{0.085, 0.21, 0.030}, vec{0.19, 0.36, 0.055}, rng.Float64()*0.7+0.3*noise(x, z))
		if rng.Float64() < 0.06 {
			green = vec{0.34, 0.33, 0.11} // a dry one
		}
		blades = append(blades, blade{
			foot:   vec{x, 0, z},
			lean:   vec{c * bend, height, s * bend},
			width:  0.035 + 0.03*rng.Float64(),
			colour: green.scale((0.65 + 0.5*rng.Float64()) * (0.75 + 0.5*noise(x*0.35+9, z*0.35))),
		})
	}
	slices.SortFunc(blades, func(a, b blade) int { return cmp.Compare(b.foot.z, a.foot.z) })
	return blades
}

// drawBlades draws the blades that stand farther away than z and returns the others.
func drawBlades(c *canvas, view camera, blades []blade, z float64) []blade {
	for i, b := range blades {
		if b.foot.z < z {
			return blades[i:]
		}
		b.draw(c, view)
	}
	return nil
}

// draw paints the blade as short horizontal spans along its curve.
func (b blade) draw(c *canvas, view camera) {
	if b.foot.sub(view.eye).dot(view.ahead) < 1 {
		return // too near, or behind the camera
	}
	_, footY, unit := view.project(b.foot)
	_, tipY, _ := view.project(b.foot.add(b.lean))
	steps := int(math.Max(4, 1.5*(math.Abs(footY-tipY)+b.lean.length()*unit*0.5)))
	facing := 0.75 + 0.25*vec{b.lean.z, 0.3, -b.lean.x}.unit().dot(sun) // one side to the light or the other
	for i := range steps + 1 {
		t := float64(i) / float64(steps)
		p := b.foot.add(vec{b.lean.x * t * t, b.lean.y * (2*t - t*t), b.lean.z * t * t})
		x, y, unit := view.project(p)
		half := 0.5 * b.width * unit * (1 - t*t*t)
		light := facing * (0.28 + 0.72*math.Pow(t, 1.3))
		light *= 0.30*skylight(p) + 0.70*sunlight(p)
		colour := mix(b.colour, b.colour.mul(vec{1.35, 1.2, 1.2}), t).scale(1.75 * light)
		for px := int(math.Floor(x - half + 0.5)); px <= int(math.Floor(x+half)); px++ {
			side := clamp((float64(px)+0.5-x)/math.Max(half, 1), -1, 1)
			c.set(px, int(y), colour.scale(1+0.16*side))
		}
	}
}

// noise is smooth value noise in the plane, 0 to 1, one lattice point a unit.
func noise(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	u, v := smoothstep(0, 1, x-fx), smoothstep(0, 1, y-fy)
	at := func(i, j float64) float64 {
		h := uint64(int64(fx+i))*0x9E3779B97F4A7C15 ^ uint64(int64(fy+j))*0xC2B2AE3D27D4EB4F
		h = (h ^ h>>29) * 0xBF58476D1CE4E5B9
		return float64((h^h>>32)>>40) / (1 << 24)
	}
	return (at(0, 0)*(1-u)+at(1, 0)*u)*(1-v) + (at(0, 1)*(1-u)+at(1, 1)*u)*v
}
