"""Could a circuit of this kind train at scale?"""
