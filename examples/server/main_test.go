package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"bagnet"
	"bagnet/models"
)

func open(t *testing.T, path string) *bagnet.Model {
	t.Helper()
	m, err := bagnet.Open(path, &bagnet.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func start(t *testing.T, m *bagnet.Model) string {
	server := httptest.NewServer(&handler{m})
	t.Cleanup(server.Close)
	return server.URL
}

func post(t *testing.T, url, kind string, body io.Reader) (status int, answered string, data []byte) {
	t.Helper()
	r, err := http.Post(url, kind, body)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	data, err = io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header.Get("Content-Type"), data
}

// form returns a form with a field, and a file if it is not nil.
func form(t *testing.T, file []byte) (kind string, body *bytes.Buffer) {
	t.Helper()
	body = new(bytes.Buffer)
	w := multipart.NewWriter(body)
	w.WriteField("comment", "a ball")
	if file != nil {
		part, err := w.CreateFormFile("picture", "ball.png")
		if err != nil {
			t.Fatal(err)
		}
		part.Write(file)
	}
	w.Close()
	return w.FormDataContentType(), body
}

func golfBall(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../../docs/golf-ball.png")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAnswers(t *testing.T) {
	url := start(t, open(t, "../../models/"+models.DefaultName+".safetensors"))
	ball := golfBall(t)
	kind, body := form(t, ball)
	for name, c := range map[string]struct {
		kind string
		body io.Reader
	}{"body": {"image/png", bytes.NewReader(ball)}, "form": {kind, body}} {
		status, answered, data := post(t, url, c.kind, c.body)
		var got struct {
			Model       string
			Predictions []struct {
				Label       string
				Probability float64
			}
		}
		if err := json.Unmarshal(data, &got); err != nil || status != http.StatusOK || answered != "application/json" {
			t.Fatalf("%s: %d, %s, %v", name, status, answered, err)
		}
		// The README's answer, which scripts/parity.py compares with PyTorch's.
		if p := got.Predictions; len(p) != 5 || p[0].Label != "golf ball" || math.Abs(p[0].Probability-0.9011) > 5e-5 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	kind, body = form(t, ball)
	status, answered, data := post(t, url+"?heatmap=1", kind, body)
	drawn, err := png.Decode(bytes.NewReader(data))
	if status != http.StatusOK || answered != "image/png" || err != nil || drawn.Bounds().Dx() < 3*160 {
		t.Errorf("heat map: %d, %s, %v", status, answered, err)
	}
}

func TestErrors(t *testing.T) {
	bagNet := start(t, open(t, "../../internal/model/testdata/v1-q17.safetensors"))
	other := start(t, open(t, "../../internal/convnet/testdata/vgg.safetensors"))
	ball := golfBall(t)
	huge := []byte("P6 6000 6000 255\n")
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 9, 9))); err != nil {
		t.Fatal(err)
	}
	without, empty := form(t, nil)
	many, large := form(t, make([]byte, maxBody))
	for name, c := range map[string]struct {
		url, kind string
		body      io.Reader
		status    int
		say       string
	}{
		"no picture":       {bagNet, "text/plain", strings.NewReader("a ball"), 415, "decoding the picture"},
		"nothing":          {bagNet, "image/png", strings.NewReader(""), 400, "empty"},
		"cut short":        {bagNet, "image/png", bytes.NewReader(ball[:5000]), 400, "truncated"},
		"too many bytes":   {bagNet, "image/png", io.MultiReader(bytes.NewReader(ball), bytes.NewReader(make([]byte, maxBody))), 413, "too large"},
		"too large a file": {bagNet, many, large, 413, "too large"},
		"too many pixels":  {bagNet, "image/x-portable-pixmap", bytes.NewReader(huge), 413, "6000x6000"},
		"too small":        {bagNet, "image/png", &small, 400, "smaller than a patch"},
		"form without":     {bagNet, without, empty, 400, "looking for a file"},
		"broken form":      {bagNet, "multipart/form-data", strings.NewReader("x"), 400, "form"},
		"no patches":       {other + "?heatmap=1", "image/png", bytes.NewReader(ball), 500, "no BagNet"},
	} {
		status, _, data := post(t, c.url, c.kind, c.body)
		if status != c.status || !strings.Contains(string(data), c.say) {
			t.Errorf("%s: status %d, %q; want %d and %q", name, status, data, c.status, c.say)
		}
	}
	r, err := http.Get(bagNet)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: status %d", r.StatusCode)
	}
}

// A client that has gone ends its pass, so that others need not wait for it.
func TestClientGoes(t *testing.T) {
	m, err := open(t, "../../models/"+models.DefaultName+".safetensors").WithPreprocessing(bagnet.Preprocessing{Interpolation: "bilinear", Std: [3]float64{1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	fmt.Fprintf(&file, "P6 1500 1500 255\n%s", make([]byte, 3*1500*1500)) // maps that take many seconds
	ctx, cancel := context.WithCancel(t.Context())
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/?heatmap=1", &file)
	w, done := httptest.NewRecorder(), make(chan bool)
	go func() {
		(&handler{m}).ServeHTTP(w, request)
		close(done)
	}()
	time.Sleep(300 * time.Millisecond)
	cancel()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the pass goes on")
	}
	if w.Body.Len() != 0 {
		t.Errorf("answered %q", w.Body)
	}
}
