"""The parts of the job type `georaster`: inputs, georeferences, TIFF, and the two ways to write.

`with_pillow` writes what it can write without loss, `with_rasterio` everything; the other modules
know neither. Coordinates are always (x, y), which is (longitude, latitude) in a geographic CRS.
"""
