package main

import "math"

const (
	dimpleRadius = 0.088 // radians on the ball
	dimpleDepth  = 0.021 // of the ball's radius
	frequency    = 6     // of the geodesic grid: 10 * frequency^2 + 2 dimples
)

// drawBall ray-traces the ball.
func drawBall(c *canvas, view camera) {
	centres := dimples()
	eye := view.eye.sub(ballCentre)
	for y := range c.n {
		for x := range c.n {
			ray := view.ray(float64(x)+0.5, float64(y)+0.5)
			b := eye.dot(ray) // |eye + t*ray| = 1
			disc := b*b - eye.dot(eye) + 1
			if disc < 0 {
				continue
			}
			c.set(x, y, shadeBall(eye.add(ray.scale(-b-math.Sqrt(disc))), ray, centres))
		}
	}
}

// shadeBall returns the colour of the ball's point p (a unit vector), seen along ray.
func shadeBall(p, ray vec, centres []vec) vec {
	normal, hollow := p, 0.0
	if centre, angle := nearest(p, centres); angle < dimpleRadius {
		// The surface lies depth * (1-s^2)^2 deep, s = angle/radius; its slope tilts the normal towards the centre.
		s := angle / dimpleRadius
		hollow = (1 - s*s) * (1 - s*s)
		slope := 4 * dimpleDepth * s * (1 - s*s) / dimpleRadius
		if inwards := centre.sub(p.scale(centre.dot(p))); inwards.length() > 1e-9 {
			normal = p.add(inwards.unit().scale(slope)).unit()
		}
	}
	white := vec{0.92, 0.92, 0.90}
	direct := vec{1.0, 0.96, 0.88}.scale(0.76 * math.Max(0, normal.dot(sun)) * smoothstep(-0.05, 0.15, p.dot(sun)))
	up := 0.5 + 0.5*normal.y
	sky := vec{0.28, 0.33, 0.41}.scale(up * up * (1 - 0.30*hollow))
	lawn := vec{0.075, 0.11, 0.035}.scale((1 - up) * (1 - 0.30*hollow))
	contact := smoothstep(-1.15, -0.35, p.y) // the grass around its foot keeps the light away
	colour := white.mul(direct.add(sky).add(lawn).scale(0.25 + 0.75*contact))

	half := sun.sub(ray).unit() // a lacquered surface: Blinn's highlight, and the sky at grazing angles
	gloss := 0.35 * math.Pow(math.Max(0, normal.dot(half)), 90)
	fresnel := 0.10 * math.Pow(1-math.Max(0, -normal.dot(ray)), 4)
	return colour.add(vec{1, 1, 1}.scale(gloss)).add(vec{0.5, 0.6, 0.7}.scale(fresnel * up))
}

// nearest returns the dimple's centre closest to p and its angle in radians.
func nearest(p vec, centres []vec) (vec, float64) {
	best, cosine := vec{}, -2.0
	for _, c := range centres {
		if d := c.dot(p); d > cosine {
			best, cosine = c, d
		}
	}
	return best, math.Acos(clamp(cosine, -1, 1))
}

// dimples returns the dimples' centres: the vertices of an icosahedron whose faces are divided into frequency^2
// triangles each, pushed out to the sphere and turned so that no axis of symmetry faces the camera.
func dimples() []vec {
	phi := (1 + math.Sqrt(5)) / 2
	var corners []vec
	for _, s := range []float64{-1, 1} {
		for _, t := range []float64{-phi, phi} {
			corners = append(corners, vec{0, s, t}, vec{s, t, 0}, vec{t, 0, s})
		}
	}
	near := func(a, b vec) bool { return math.Abs(a.sub(b).length()-2) < 1e-9 } // an edge is 2 long
	var centres []vec
	add := func(p vec) {
		p = turn(p.unit())
		if _, angle := nearest(p, centres); len(centres) == 0 || angle > 1e-6 {
			centres = append(centres, p)
		}
	}
	for i, a := range corners {
		for j, b := range corners[:i] {
			for _, c := range corners[:j] {
				if !near(a, b) || !near(b, c) || !near(a, c) {
					continue
				}
				for u := 0; u <= frequency; u++ {
					for v := 0; u+v <= frequency; v++ {
						w := frequency - u - v
						add(a.scale(float64(u)).add(b.scale(float64(v))).add(c.scale(float64(w))))
					}
				}
			}
		}
	}
	return centres
}

// turn rotates p about x by 0.5 and then about y by 0.35 radians.
func turn(p vec) vec {
	s, c := math.Sincos(0.5)
	p = vec{p.x, c*p.y - s*p.z, s*p.y + c*p.z}
	s, c = math.Sincos(0.35)
	return vec{c*p.x + s*p.z, p.y, c*p.z - s*p.x}
}
