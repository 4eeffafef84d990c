// Batch normalisation fused with an optional residual and ReLU, forward and backward, for bf16 activations laid out
// [rows][channels] (NHWC). Statistics and parameters are float32.
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint16_t bf;

static inline float up(bf v) {
    union { uint32_t u; float f; } x = { (uint32_t)v << 16 };
    return x.f;
}

static inline bf down(float f) { // round to nearest even
    union { float f; uint32_t u; } x = { f };
    return (bf)((x.u + 0x7fff + ((x.u >> 16) & 1)) >> 16);
}

// Sums two quantities a channel over the rows. Forward (dy == NULL): a = sum(x - mean), b = sum((x - mean)^2).
// Backward: a = sum(dz), b = sum(dz * xhat), where dz is dy where the ReLU let y through. Blocks of 256 rows are
// summed in float32, the blocks in float64.
static void sums(long m, int c, const bf *x, const bf *dy, const bf *y, const float *mean, const float *inv, int relu,
                 float *a, float *b) {
    int threads = omp_get_max_threads();
    double *all = calloc((size_t)threads * 2 * c, sizeof(double));
    #pragma omp parallel num_threads(threads)
    {
        int t = omp_get_thread_num();
        long lo = m * t / threads, hi = m * (t + 1) / threads;
        double *da = all + (size_t)t * 2 * c, *db = da + c;
        float *fa = malloc(2 * c * sizeof(float)), *fb = fa + c;
        for (long r0 = lo; r0 < hi; r0 += 256) {
            long r1 = r0 + 256 < hi ? r0 + 256 : hi;
            memset(fa, 0, 2 * c * sizeof(float));
            for (long r = r0; r < r1; r++) {
                const bf *xr = x + r * c;
                if (!dy) {
                    for (int i = 0; i < c; i++) {
                        float v = up(xr[i]) - mean[i];
                        fa[i] += v;
                        fb[i] += v * v;
                    }
                } else {
                    const bf *dr = dy + r * c, *yr = y + r * c;
                    for (int i = 0; i < c; i++) {
                        float d = up(dr[i]);
                        if (relu) d = (yr[i] & 0x7fff) ? d : 0.f;
                        fa[i] += d;
                        fb[i] += d * (up(xr[i]) - mean[i]) * inv[i];
                    }
                }
            }
            for (int i = 0; i < c; i++) {
                da[i] += fa[i];
                db[i] += fb[i];
            }
        }
        free(fa);
    }
    for (int i = 0; i < c; i++) {
        double sa = 0, sb = 0;
        for (int t = 0; t < threads; t++) {
            sa += all[(size_t)t * 2 * c + i];
            sb += all[(size_t)t * 2 * c + c + i];
        }
        a[i] = sa;
        b[i] = sb;
    }
    free(all);
}

// y = relu(gamma * (x - mean) * inv + beta + res); res may be NULL, relu may be 0. On entry mean holds a shift (the
// running mean) that keeps the variance exact; on return mean, inv = 1/sqrt(var + eps) and var are the batch's.
void bn_forward(long m, int c, const bf *x, const bf *res, const float *gamma, const float *beta, float eps, int relu,
                bf *y, float *mean, float *inv, float *var) {
    float *s = malloc(4 * c * sizeof(float)), *q = s + c, *scale = q + c, *shift = scale + c;
    sums(m, c, x, NULL, NULL, mean, NULL, 0, s, q);
    for (int i = 0; i < c; i++) {
        float d = s[i] / m, v = q[i] / m - d * d;
        if (v < 0) v = 0;
        mean[i] += d;
        var[i] = v;
        inv[i] = 1.f / sqrtf(v + eps);
        scale[i] = gamma[i] * inv[i];
        shift[i] = beta[i] - mean[i] * scale[i];
    }
    #pragma omp parallel for schedule(static)
    for (long r = 0; r < m; r++) {
        const bf *xr = x + r * c, *rr = res ? res + r * c : NULL;
        bf *yr = y + r * c;
        if (rr) {
            for (int i = 0; i < c; i++) {
                float v = up(xr[i]) * scale[i] + shift[i] + up(rr[i]);
                yr[i] = down(relu && v < 0 ? 0.f : v);
            }
        } else {
            for (int i = 0; i < c; i++) {
                float v = up(xr[i]) * scale[i] + shift[i];
                yr[i] = down(relu && v < 0 ? 0.f : v);
            }
        }
    }
    free(s);
}

// The gradients of bn_forward: dx, dres (NULL without a residual), dgamma and dbeta from dy and what forward left.
void bn_backward(long m, int c, const bf *dy, const bf *x, const bf *y, const float *gamma, const float *mean,
                 const float *inv, int relu, bf *dx, bf *dres, float *dgamma, float *dbeta) {
    sums(m, c, x, dy, y, mean, inv, relu, dbeta, dgamma);
    float *k = malloc(3 * c * sizeof(float)), *b = k + c, *g = b + c;
    for (int i = 0; i < c; i++) {
        k[i] = gamma[i] * inv[i];
        b[i] = dbeta[i] / m;
        g[i] = dgamma[i] / m * inv[i];
    }
    #pragma omp parallel for schedule(static)
    for (long r = 0; r < m; r++) {
        const bf *dr = dy + r * c, *xr = x + r * c, *yr = y + r * c;
        bf *o = dx + r * c, *e = dres ? dres + r * c : NULL;
        for (int i = 0; i < c; i++) {
            float d = up(dr[i]);
            if (relu) d = (yr[i] & 0x7fff) ? d : 0.f;
            o[i] = down(k[i] * (d - b[i] - (up(xr[i]) - mean[i]) * g[i]));
            if (e) e[i] = down(d);
        }
    }
    free(k);
}
