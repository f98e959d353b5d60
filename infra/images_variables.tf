variable "label_images" {
  description = "Whether Rekognition labels the images. Say false in a region without it: images then go without labels."
  type        = bool
  default     = true
  nullable    = false
}
