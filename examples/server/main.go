// Server answers uploaded pictures over HTTP: with the likeliest classes as JSON, or
// with a heat map as PNG. One for everybody would also bound how many requests it takes
// at a time: passes wait for each other, decoded pictures take memory meanwhile.
//
//	go run ./examples/server -addr localhost:8080
//	curl --data-binary @photo.jpg localhost:8080
//	curl -F picture=@photo.jpg 'localhost:8080/?heatmap=1' >heatmap.png
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"bagnet"
	"bagnet/models"
)

// What one request may take.
const (
	maxBody   = 20 << 20 // bytes
	maxPixels = 25_000_000
)

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()
	weights, _ := models.Embedded(models.DefaultName)
	// With one thread a pass, as many requests are answered side by side as there are CPUs.
	m, err := bagnet.Read(bytes.NewReader(weights), int64(len(weights)), &bagnet.Options{Name: models.DefaultName, Threads: 1})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: *addr, Handler: &handler{m}, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute}
	log.Fatal(server.ListenAndServe())
}

// A handler answers with one model, which goroutines share.
type handler struct{ model *bagnet.Model }

// statusError is an error that is the client's.
type statusError struct {
	error
	status int
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, body, err := h.answer(w, r)
	if r.Context().Err() != nil {
		return // nobody waits for the answer any more
	}
	if err != nil {
		status := http.StatusInternalServerError
		if known, ok := errors.AsType[statusError](err); ok {
			status = known.status
		}
		http.Error(w, err.Error(), status)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(body) // an error is the client's, who is gone
}

// answer returns the answer to a request and its type.
func (h *handler) answer(w http.ResponseWriter, r *http.Request) (kind string, body []byte, err error) {
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		return "", nil, statusError{errors.New("send a picture with POST or PUT"), http.StatusMethodNotAllowed}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	picture, err := upload(r)
	if err != nil {
		return "", nil, err
	}
	img, err := h.model.Prepare(picture)
	if err != nil {
		return "", nil, statusError{fmt.Errorf("preparing the picture: %w", err), http.StatusBadRequest}
	}
	if r.URL.Query().Get("heatmap") == "1" {
		maps, err := h.model.Heatmaps(r.Context(), img)
		if err != nil {
			return "", nil, err
		}
		drawn, err := maps[0].Draw(nil)
		if err != nil {
			return "", nil, err
		}
		var file bytes.Buffer
		err = png.Encode(&file, drawn)
		return "image/png", file.Bytes(), err
	}
	a, err := h.model.Classify(r.Context(), img)
	if err != nil {
		return "", nil, err
	}
	body, err = json.Marshal(struct {
		Model       string              `json:"model"`
		Predictions []bagnet.Prediction `json:"predictions"`
	}{h.model.Name(), a.Top(5)})
	return "application/json", body, err
}

// upload returns the picture that a request brings: its body, or the first file of a
// form.
func upload(r *http.Request) (image.Image, error) {
	from := io.Reader(r.Body)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		form, err := r.MultipartReader()
		if err != nil {
			return nil, statusError{fmt.Errorf("reading the form: %w", err), http.StatusBadRequest}
		}
		part, err := form.NextPart()
		for err == nil && part.FileName() == "" {
			part, err = form.NextPart()
		}
		if err != nil {
			return nil, reading(fmt.Errorf("looking for a file in the form: %w", err))
		}
		from = part
	}
	picture, err := bagnet.Decode(from, &bagnet.DecodeOptions{MaxPixels: maxPixels, AutoOrient: true})
	if err != nil {
		return nil, reading(fmt.Errorf("decoding the picture: %w", err))
	}
	return picture, nil
}

// reading finds the status of an error about what was uploaded.
func reading(err error) error {
	_, long := errors.AsType[*http.MaxBytesError](err)
	switch {
	case long || errors.Is(err, bagnet.ErrTooLarge):
		return statusError{err, http.StatusRequestEntityTooLarge}
	case errors.Is(err, image.ErrFormat):
		return statusError{err, http.StatusUnsupportedMediaType}
	}
	return statusError{err, http.StatusBadRequest}
}
